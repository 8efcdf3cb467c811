// What a suspicion costs a Koa application under load: captures in copies of the process, and sampled allocations.
//
// Two servers that leak get the same requests in turn, a block of chunks each; one has a listener to `leak` until it has become
// suspicious and told its verdict, the other one has none. Then they change parts. Two processes with the same code differ by more
// than what is measured: the geometric mean of both parts is free of that, and blocks of half a second are of how busy the machine is.
// The blocks before the suspicion are the control. One suspicion a server: later ones within five minutes may cost less.
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const { answer } = require('./collections')
const { confidence, median } = require('./confidence')
const { ask, load } = require('./koa')
const { interval } = require('./table')

/**
 * How far a heap may grow V8 chooses anew after each full collection, by how fast that was: all servers of a kind are told the
 * same. In the third V8 collects fully several times a second, as hardly a service does.
 */
const HEAPS = {
  '60 MB': { flags: ['--heap-growing-percent=15'], filledMegabytes: 50 },
  '20 MB': { flags: ['--heap-growing-percent=15'], filledMegabytes: 12 },
  '10 MB, young generation of 12 MB': { flags: ['--max-semi-space-size=4'], filledMegabytes: 0 }
}
const REQUESTS = 500
const WARM_UP_CHUNKS = 40
/** For the collections that find what was dropped. */
const SETTLING_CHUNKS = 4
const CHUNKS_A_BLOCK = 4
/** By then there is a verdict on all that is suspicious. */
const MOST_BLOCKS = 240

/**
 * @param {{ pairs: number }} effort
 * @returns {Promise<object[]>} one table
 */
async function suspicion ({ pairs }) {
  const rows = []
  for (const [name, heap] of Object.entries(HEAPS)) {
    const measured = []
    while (measured.length < pairs) {
      const pair = await measurePair(heap)
      measured.push(pair)
      const [suspicious, calm] = [pair.suspicious, pair.calm].map(({ throughput }) => throughput.toFixed(3))
      process.stderr.write(`${name}: ${measured.length} of ${pairs} pairs, throughput ${suspicious} while suspicious, ${calm} calm\n`)
    }
    rows.push(row(name, 'suspicious', measured), row(name, 'calm', measured))
  }
  return [{
    title: 'Koa while something is suspicious',
    note: `pairs of servers, each server suspicious once; blocks of ${CHUNKS_A_BLOCK} × ${REQUESTS} requests in turn; 95 % intervals in brackets`,
    head: ['heap', 'compared with not watched', 'pairs', 'ratio of throughput', 'ratio of CPU', 'seconds', 'full collections', 'captures'],
    rows
  }]
}

/** What one pair of servers had to do while the one that is watched was suspicious, and before. */
async function measurePair (heap) {
  const servers = [await start(heap), await start(heap)]
  const parts = [await measureSuspicion(...servers), await measureSuspicion(...servers.toReversed())]
  for (const { child } of servers) {
    child.disconnect()
    await once(child, 'exit')
  }
  return Object.fromEntries(['suspicious', 'calm'].map((state) => [state, compare(parts.map((part) => part[state]))]))
}

async function start ({ flags, filledMegabytes }) {
  const child = fork(path.join(__dirname, 'koa-server.js'), { execArgv: flags })
  const url = `http://127.0.0.1:${await answer(child)}/leak`
  await ask(child, 'observe')
  await ask(child, 'fill', filledMegabytes)
  for (let at = 0; at < WARM_UP_CHUNKS; at++) await load(url, REQUESTS)
  return { child, url }
}

/** Blocks of both servers in turn, from the first request until `watched` is not suspicious any more. */
async function measureSuspicion (watched, other) {
  for (const { child, url } of [watched, other]) {
    await ask(child, 'forget')
    for (let at = 0; at < SETTLING_CHUNKS; at++) await load(url, REQUESTS)
  }
  await ask(watched.child, 'follow', true)
  const blocks = { suspicious: [], calm: [] }
  for (let at = 0, before = null, state = null; before !== 'suspect' || state === 'suspect'; at++) {
    if (at === MOST_BLOCKS) throw new Error(`the server was ${state ?? 'not suspicious'} after ${at} blocks`)
    before = state
    // A capture does not go on in the other server's time.
    const ofWatched = await measureBlock(watched, async (done) => done >= CHUNKS_A_BLOCK && !await ask(watched.child, 'isCapturing'))
    const ofOther = await measureBlock(other, (done) => done === ofWatched.chunks)
    state = await ask(watched.child, 'state')
    blocks[before === 'suspect' || state === 'suspect' ? 'suspicious' : 'calm'].push([ofWatched, ofOther])
  }
  await ask(watched.child, 'follow', false)
  return blocks
}

/** Chunks of requests until there are enough of them. */
async function measureBlock ({ child, url }, isEnough) {
  const begun = await ask(child, 'counters')
  let chunks = 0
  let seconds = 0
  do {
    seconds += (await load(url, REQUESTS)).seconds
    chunks++
  } while (!await isEnough(chunks))
  const ended = await ask(child, 'counters')
  return { chunks, seconds, ...Object.fromEntries(Object.entries(ended).map(([name, value]) => [name, value - begun[name]])) }
}

/** Both parts of a pair: which server is the faster one falls out of the geometric mean. */
function compare (parts) {
  const sum = (blocks, of, field) => blocks.reduce((all, block) => all + block[of][field], 0)
  const ratio = (field) => Math.sqrt(parts.reduce((product, blocks) => product * sum(blocks, 0, field) / sum(blocks, 1, field), 1))
  const mean = (field) => parts.reduce((all, blocks) => all + sum(blocks, 0, field), 0) / parts.length
  return { throughput: 1 / ratio('seconds'), cpu: ratio('cpuUs'), seconds: mean('seconds'), collections: mean('collections'), captures: mean('captures') }
}

function row (name, state, measured) {
  const values = (field) => measured.map((pair) => pair[state][field])
  return [
    name,
    state,
    String(measured.length),
    ...['throughput', 'cpu'].map((field) => interval(confidence(values(field).map((value) => [value])), 4)),
    ...['seconds', 'collections', 'captures'].map((field) => median(values(field)).toFixed(1))
  ]
}

module.exports = { suspicion }
