// Builds the heap of one of `heap-programs/`, holds it, and has a background capture read it; prints what it gave as JSON.
//
//   node __test__/heap-program.js NAME [AS]
//
// A program is a function that gives what is to be held and how many instances of its classes there are then. It is still when it
// is done: what it has begun and not ended waits on purpose.
'use strict'

const path = require('node:path')

const PROGRAMS = path.join(__dirname, 'heap-programs')

async function main (name, as = 'summary') {
  const memwatch = require('..')
  const { held, counts } = await require(path.join(PROGRAMS, name))()
  globalThis.held = held
  const captured = await memwatch.capture({ as })
  // Servers, workers and timers wait on: the program ends with its answer.
  process.stdout.write(JSON.stringify({ counts, captured }), () => process.exit(0))
}

if (require.main === module) {
  main(...process.argv.slice(2))
} else {
  module.exports = { PROGRAMS }
}
