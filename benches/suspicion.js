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

/** The second has so small a young generation that V8 collects fully some thirty times a second. */
const HEAPS = {
  '60 MB, V8\'s own settings': { flags: [], filledMegabytes: 50, chunks: 130 },
  '10 MB, young generation of 3 MB': { flags: ['--max-semi-space-size=1', '--max-old-space-size=64'], filledMegabytes: 0, chunks: 60 }
}
const REQUESTS = 500
const WARM_UP_CHUNKS = 4
const KINDS = ['watched', 'without', 'control']

/**
 * @param {{ trios: number }} effort
 * @returns {Promise<object[]>} one table
 */
async function suspicion ({ trios }) {
  const rows = []
  for (const [name, heap] of Object.entries(HEAPS)) {
    const measured = []
    for (let trio = 0; trio < trios; trio++) measured.push(await measureTrio(heap))
    rows.push(...heapRows(name, measured))
  }
  return [{
    title: 'Koa while something is suspicious',
    note: `${trios} rounds of three servers, ${REQUESTS} requests a chunk; 95 % intervals in brackets`,
    head: ['heap', 'compared', 'ratio of throughput', 'ratio of CPU', 'suspicious chunks a round', 'their seconds', 'full collections in them'],
    rows
  }]
}

/** What the suspicious chunks of one server took, and the same chunks of two others. */
async function measureTrio (heap) {
  const runs = {}
  for (const kind of shuffled(KINDS)) runs[kind] = await runServer(heap, kind === 'watched')
  const suspicious = runs.watched.flatMap(({ isSuspicious }, at) => isSuspicious ? [at] : [])
  if (suspicious.length === 0) throw new Error('nothing was suspicious in a round')
  const sum = (kind, field) => suspicious.reduce((all, at) => all + runs[kind][at][field], 0)
  const ratios = (kind) => ({ throughput: sum('without', 'seconds') / sum(kind, 'seconds'), cpu: sum(kind, 'cpuUs') / sum('without', 'cpuUs') })
  return {
    watched: ratios('watched'),
    control: ratios('control'),
    chunks: suspicious.length,
    seconds: sum('watched', 'seconds'),
    collections: sum('watched', 'collections')
  }
}

function heapRows (name, measured) {
  const row = (kind, compared) => [
    name,
    compared,
    ...['throughput', 'cpu'].map((field) => interval(confidence(measured.map((one) => [one[kind][field]])), 4)),
    ...['chunks', 'seconds', 'collections'].map((field) => kind === 'watched' ? median(measured.map((one) => one[field])).toFixed(0) : '')
  ]
  return [row('watched', 'suspicious to not watched'), row('control', 'not watched to not watched (control)')]
}

/** @returns {Promise<{ seconds: number, cpuUs: number, collections: number, isSuspicious: boolean }[]>} by chunk */
async function runServer ({ flags, filledMegabytes, chunks }, isWatched) {
  const child = fork(path.join(__dirname, 'koa-server.js'), { execArgv: flags })
  const url = `http://127.0.0.1:${await answer(child)}/leak`
  await ask(child, 'fill', filledMegabytes)
  for (let at = 0; at < WARM_UP_CHUNKS; at++) await load(url, REQUESTS)
  if (isWatched) await ask(child, 'follow')
  const measured = []
  let before = null
  for (let at = 0; at < chunks; at++) {
    const [cpuBefore, fullBefore] = [await ask(child, 'cpu'), await ask(child, 'fullCollections')]
    const { seconds } = await load(url, REQUESTS)
    const cpuUs = await ask(child, 'cpu') - cpuBefore
    const collections = await ask(child, 'fullCollections') - fullBefore
    const after = await ask(child, 'state')
    measured.push({ seconds, cpuUs, collections, isSuspicious: before === 'suspect' && after === 'suspect' })
    before = after
  }
  child.disconnect()
  await once(child, 'exit')
  return measured
}

module.exports = { suspicion }
