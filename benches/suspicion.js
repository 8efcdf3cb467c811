// What a suspicion costs a Koa application under load: captures in copies of the process, and sampled allocations.
//
// A server that leaks gets requests in chunks, with a listener to `leak` in one process and without one in another.
// The same chunks are compared: those in which the first was suspicious from beginning to end.
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const { answer } = require('./collections')
const { confidence, median, shuffled } = require('./confidence')
const { ask, load } = require('./koa')
const { interval } = require('./table')

// A small heap, which V8 collects several times a second: in a larger one everything happens more rarely.
const FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64']
const REQUESTS = 500
const CHUNKS = 60
const WARM_UP_CHUNKS = 4
const KINDS = ['watched', 'without', 'control']

/**
 * @param {{ trios: number }} effort
 * @returns {Promise<object[]>} one table
 */
async function suspicion ({ trios }) {
  const ratios = { watched: [], control: [] }
  const counts = []
  for (let trio = 0; trio < trios; trio++) {
    const runs = {}
    for (const kind of shuffled(KINDS)) runs[kind] = await runServer(kind === 'watched')
    const suspicious = runs.watched.flatMap(({ isSuspicious }, at) => isSuspicious ? [at] : [])
    if (suspicious.length === 0) continue
    counts.push(suspicious.length)
    for (const kind of ['watched', 'control']) {
      const sum = (name, field) => suspicious.reduce((all, at) => all + runs[name][at][field], 0)
      ratios[kind].push({ throughput: sum('without', 'seconds') / sum(kind, 'seconds'), cpu: sum(kind, 'cpuUs') / sum('without', 'cpuUs') })
    }
  }
  if (counts.length === 0) throw new Error('nothing was suspicious in any round')
  const row = (kind, label) => [
    label,
    ...['throughput', 'cpu'].map((field) => interval(confidence(ratios[kind].map((one) => [one[field]])), 4))
  ]
  return [{
    title: 'Koa while something is suspicious',
    note: `${trios} rounds of three servers, ${REQUESTS} requests a chunk, median of ${median(counts)} suspicious chunks a round; 95 % intervals in brackets`,
    head: ['compared', 'ratio of throughput', 'ratio of CPU'],
    rows: [row('watched', 'suspicious to not watched'), row('control', 'not watched to not watched (control)')]
  }]
}

/** @returns {Promise<{ seconds: number, cpuUs: number, isSuspicious: boolean }[]>} by chunk */
async function runServer (isWatched) {
  const child = fork(path.join(__dirname, 'koa-server.js'), { execArgv: FLAGS })
  const url = `http://127.0.0.1:${await answer(child)}/leak`
  for (let at = 0; at < WARM_UP_CHUNKS; at++) await load(url, REQUESTS)
  if (isWatched) await ask(child, 'follow')
  const chunks = []
  let before = null
  for (let at = 0; at < CHUNKS; at++) {
    const cpuBefore = await ask(child, 'cpu')
    const { seconds } = await load(url, REQUESTS)
    const cpuUs = await ask(child, 'cpu') - cpuBefore
    const after = await ask(child, 'state')
    chunks.push({ seconds, cpuUs, isSuspicious: before === 'suspect' && after === 'suspect' })
    before = after
  }
  child.disconnect()
  await once(child, 'exit')
  return chunks
}

module.exports = { suspicion }
