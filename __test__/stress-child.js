// A million collections in one process under V8's own trace, which the parent counts: one half in a
// single turn of the event loop, the other over many turns with a listener. Sends what memwatch-rs
// counted. Run by stress.test.js with --expose-gc.
'use strict'

const v8 = require('node:v8')
const memwatch = require('..')

const [half, perTurn] = process.argv.slice(2).map(Number)
const CAPACITY = 4096

let statsEvents = 0
memwatch.configure({ capacity: CAPACITY })
memwatch.on('stats', () => statsEvents++)
globalThis.gc()

/** What is kept and counted at this moment. */
function state () {
  const { length, lost, sequence } = memwatch.history({ as: 'columns' })
  const stats = memwatch.stats()
  return {
    rssBytes: process.memoryUsage.rss(),
    kept: length,
    lost,
    first: sequence[0],
    last: sequence[length - 1],
    config: memwatch.config,
    stats,
    statsEvents,
    counts: Object.fromEntries(stats.pauses.map(({ kind, count }) => [kind, count]))
  }
}

function collect (number) {
  const minor = { type: 'minor' }
  for (let at = 0; at < number; at++) globalThis.gc(minor)
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function main () {
  // Set at run time: what V8 collects while the package loads is nobody's to count.
  const untraced = state().counts
  v8.setFlagsFromString('--trace-gc')
  // What the first collections and the first reading allocate is no growth.
  collect(2 * CAPACITY)
  await turn()
  const start = state()
  collect(half)
  globalThis.gc()
  const oneLoop = state()
  await turn()
  const before = state()
  for (let done = 0; done < half; done += perTurn) {
    collect(perTurn)
    await turn()
  }
  globalThis.gc()
  await turn()
  v8.setFlagsFromString('--no-trace-gc')
  const manyTurns = state()
  process.send({ untraced, start, oneLoop, before, manyTurns }, () => process.disconnect())
}

main()
