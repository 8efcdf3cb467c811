// Builds the heap of one of `heap-programs/` in a process of its own, holds it, and has background captures read it.
//
// A program is a function that gives what is to be held and how many instances of its classes there are then. It is still when it
// is done: what it has begun and not ended waits on purpose.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { start } = require('./child')

const FOLDER = path.join(__dirname, 'heap-programs')
/** Their names. */
const HEAP_PROGRAMS = fs.readdirSync(FOLDER).map((name) => path.basename(name, '.js')).sort()
// A million objects take V8 20 s where other tests run as well.
const HANGS_AFTER_MS = 300_000

/**
 * @param {string} name one of `HEAP_PROGRAMS`
 * @param {string[]} wanted what `memwatch.capture({ as })` is to give, one after the other
 * @param {string} [node] the executable
 * @returns {Promise<{ counts: Record<string, number>, captures: object[] }>} what the program says of its classes, and the captures
 */
async function capturesOf (name, wanted, node = process.execPath) {
  const options = { env: { NODE_NO_WARNINGS: '1' }, hangsAfterMs: HANGS_AFTER_MS }
  const { code, signal, stdout, stderr } = await start(node, [__filename, name, ...wanted], options).ended
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout)
}

async function main (name, ...wanted) {
  const memwatch = require('..')
  const { held, counts } = await require(path.join(FOLDER, name))()
  globalThis.held = held
  const captures = []
  for (const as of wanted) captures.push(await memwatch.capture({ as }))
  // Servers, workers and timers wait on: the program ends with its answer.
  process.stdout.write(JSON.stringify({ counts, captures }), () => process.exit(0))
}

if (require.main === module) {
  main(...process.argv.slice(2))
} else {
  module.exports = { HEAP_PROGRAMS, capturesOf }
}
