// What a suspicion costs a Koa application under load: captures in copies of the process, and sampled allocations.
//
// A server that leaks gets requests in chunks, three times the same ones: once with a listener to `leak`, twice without. What
// it has kept is dropped in between. Those chunks in which it was suspicious from beginning to end are compared with the
// same ones of both other times, and these with each other.
// All three are of one process: two processes with the same code may differ by more than what is measured.
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
const WARM_UP_CHUNKS = 40
/** For the collections that find what was dropped. */
const SETTLING_CHUNKS = 4
const KINDS = ['watched', 'without', 'control']

/**
 * @param {{ trios: number }} effort
 * @returns {Promise<object[]>} one table
 */
async function suspicion ({ trios }) {
  const rows = []
  for (const [name, heap] of Object.entries(HEAPS)) {
    const measured = []
    // The odd server is not suspicious from the beginning of a chunk to its end.
    for (let attempt = 0; attempt < 2 * trios && measured.length < trios; attempt++) measured.push(...await measureTrio(heap))
    if (measured.length === 0) throw new Error('nothing was suspicious')
    rows.push(...heapRows(name, measured))
  }
  return [{
    title: 'Koa while something is suspicious',
    note: `servers that were suspicious for a chunk, ${REQUESTS} requests a chunk; 95 % intervals in brackets`,
    head: ['heap', 'compared', 'servers', 'ratio of throughput', 'ratio of CPU', 'suspicious chunks a server', 'their seconds', 'full collections in them'],
    rows
  }]
}

/** What the suspicious chunks of one server took, if there were any, and the same chunks of the same server while nobody listened. */
async function measureTrio ({ flags, filledMegabytes, chunks }) {
  const child = fork(path.join(__dirname, 'koa-server.js'), { execArgv: flags })
  const url = `http://127.0.0.1:${await answer(child)}/leak`
  await ask(child, 'fill', filledMegabytes)
  for (let at = 0; at < WARM_UP_CHUNKS; at++) await load(url, REQUESTS)
  const runs = {}
  for (const kind of shuffled(KINDS)) runs[kind] = await measureChunks(child, url, chunks, kind === 'watched')
  child.disconnect()
  await once(child, 'exit')
  const suspicious = runs.watched.flatMap(({ isSuspicious }, at) => isSuspicious ? [at] : [])
  if (suspicious.length === 0) return []
  const sum = (kind, field) => suspicious.reduce((all, at) => all + runs[kind][at][field], 0)
  const unwatched = (field) => (sum('without', field) + sum('control', field)) / 2
  const ratios = (kind, base) => ({ throughput: base('seconds') / sum(kind, 'seconds'), cpu: sum(kind, 'cpuUs') / base('cpuUs') })
  return [{
    watched: ratios('watched', unwatched),
    control: ratios('control', (field) => sum('without', field)),
    chunks: suspicious.length,
    seconds: sum('watched', 'seconds'),
    collections: sum('watched', 'collections')
  }]
}

function heapRows (name, measured) {
  const row = (kind, compared) => [
    name,
    compared,
    String(measured.length),
    ...['throughput', 'cpu'].map((field) => interval(confidence(measured.map((one) => [one[kind][field]])), 4)),
    ...['chunks', 'seconds', 'collections'].map((field) => kind === 'watched' ? median(measured.map((one) => one[field])).toFixed(0) : '')
  ]
  return [row('watched', 'suspicious to not watched'), row('control', 'not watched to not watched (control)')]
}

/**
 * The server begins with what it was filled with, whatever it has kept before.
 *
 * @returns {Promise<{ seconds: number, cpuUs: number, collections: number, isSuspicious: boolean }[]>} by chunk
 */
async function measureChunks (child, url, chunks, isWatched) {
  await ask(child, 'forget')
  for (let at = 0; at < SETTLING_CHUNKS; at++) await load(url, REQUESTS)
  if (isWatched) await ask(child, 'follow', true)
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
  if (isWatched) await ask(child, 'follow', false)
  return measured
}

module.exports = { suspicion }
