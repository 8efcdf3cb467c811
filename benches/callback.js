// Time inside the callbacks, from the clock inside them: the histograms of `memwatch.stats()`.
'use strict'

const { fork } = require('node:child_process')
const path = require('node:path')

const { answer } = require('./collections')
const { median } = require('./confidence')

/** Sizes of live heaps with numbers of collections that take some seconds each. */
const HEAPS = [
  { megabytes: 10, scavenges: 600, full: 300 },
  { megabytes: 100, scavenges: 600, full: 60 },
  { megabytes: 500, scavenges: 600, full: 20 }
]
const KINDS = { scavenges: 'scavenge', full: 'mark-compact' }

/**
 * @param {{ processes: number, share: number }} effort `share` of the collections are run
 * @returns {Promise<object[]>} one table
 */
async function callback ({ processes, share }) {
  const rows = []
  for (const [load, kind] of Object.entries(KINDS)) {
    for (const heap of HEAPS) {
      const runs = []
      for (let at = 0; at < processes; at++) runs.push(await run(heap, load, kind, share))
      rows.push(row(load, heap, runs))
    }
  }
  return [{
    title: 'Time inside our callbacks, per collection',
    note: `prologue and epilogue together, from the clock inside them; medians of ${processes} processes, ` +
      'quantiles at most 1/16 too high',
    head: ['collections', 'live heap', 'number', 'callback p50, µs', 'callback p99, µs', 'pause p50, ms', 'callback p50 / pause p50'],
    rows
  }]
}

async function run ({ megabytes, scavenges, full }, load, kind, share) {
  const counts = { scavenges: 0, full: 0, [load]: Math.ceil({ scavenges, full }[load] * share) }
  const child = fork(path.join(__dirname, 'callback-worker.js'),
    [megabytes, counts.scavenges, counts.full].map(String),
    { execArgv: ['--expose-gc', '--max-old-space-size=2048'] })
  const pauses = await answer(child)
  return pauses.find((one) => one.kind === kind)
}

function row (load, { megabytes }, runs) {
  const middle = (read) => median(runs.map(read))
  const p50Us = middle((run) => run.watcherP50Ns / 1e3)
  const pauseMs = middle((run) => run.p50Ms)
  return [
    load === 'full' ? 'full' : 'scavenges',
    `${megabytes} MB`,
    String(runs.reduce((sum, run) => sum + run.count, 0)),
    p50Us.toFixed(2),
    middle((run) => run.watcherP99Ns / 1e3).toFixed(1),
    pauseMs.toFixed(2),
    `${(p50Us / pauseMs / 10).toFixed(3)} %`
  ]
}

module.exports = { callback }
