// What a suspicion costs a Koa application under load: captures in copies of the process, and sampled allocations.
//
// A server that leaks gets requests in chunks, three times the same ones: once with a listener to `leak`, twice without. What it
// has kept is dropped in between. Those chunks in which it was suspicious from beginning to end are compared with the same ones
// of both other times, and these with each other. One suspicion a server: later ones within five minutes may cost less.
//
// Whole runs of one server differ by more than what is measured, because V8 settles on another size of its heap. So the same
// captures are made once more, now and then, and allocations sampled, and each time is compared with the chunks right before and
// after it; what a suspicion takes follows from its length and from how many captures it made.
// All is of one process: two processes with the same code may differ by more still.
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const { answer } = require('./collections')
const { confidence, median } = require('./confidence')
const { ask, load } = require('./koa')
const { interval } = require('./table')

/** In the second V8 collects fully several times a second, as hardly a service does. */
const HEAPS = {
  '60 MB, V8\'s own settings': { flags: [], filledMegabytes: 50, chunks: 130 },
  '10 MB, young generation of 12 MB': { flags: ['--max-semi-space-size=4'], filledMegabytes: 0, chunks: 110 }
}
const REQUESTS = 500
const WARM_UP_CHUNKS = 40
/** For the collections that find what was dropped. */
const SETTLING_CHUNKS = 4
const KINDS = ['watched', 'without', 'control']
/** Of a piece, and of what it is compared with on either side. */
const CHUNKS_OF_A_PIECE = 4
const CAPTURES = 20
const SAMPLINGS = 10

/**
 * @param {{ servers: number }} effort
 * @returns {Promise<object[]>} two tables
 */
async function suspicion ({ servers }) {
  const whole = []
  const pieces = []
  for (const [name, heap] of Object.entries(HEAPS)) {
    const measured = []
    // V8 lets some heaps grow far before it collects them: nothing is suspicious there.
    for (let attempt = 0; attempt < 2 * servers && measured.length < servers; attempt++) {
      measured.push(...await measureServer(heap, rotated(KINDS, measured.length)))
      process.stderr.write(`${name}: ${measured.length} of ${servers} servers, ${attempt + 1} tried\n`)
    }
    if (measured.length === 0) throw new Error('nothing was suspicious')
    whole.push(...wholeRows(name, measured))
    pieces.push(pieceRow(name, measured))
  }
  return [{
    title: 'Koa while something is suspicious, whole runs',
    note: `${REQUESTS} requests a chunk; 95 % intervals in brackets`,
    head: ['heap', 'compared', 'servers', 'ratio of throughput', 'ratio of CPU', 'seconds', 'full collections'],
    rows: whole
  }, {
    title: 'Koa while something is suspicious, piece by piece',
    note: `${CAPTURES} captures and ${SAMPLINGS} times sampling a server, each compared with the chunks on either side; the ratio is what they leave of a suspicion`,
    head: ['heap', 'servers', 'a capture takes, ms', 'ratio of throughput while sampling', 'captures of a suspicion', 'its seconds', 'ratio of throughput'],
    rows: pieces
  }]
}

/** Of as many servers as there are values, each value comes first once: V8's heap is another one in each run. */
const rotated = (values, by) => values.map((_, at) => values[(at + by) % values.length])

/** The ratios of one server by what is compared; nothing when it never was suspicious. */
async function measureServer ({ flags, filledMegabytes, chunks }, order) {
  const child = fork(path.join(__dirname, 'koa-server.js'), { execArgv: flags })
  const url = `http://127.0.0.1:${await answer(child)}/leak`
  await ask(child, 'observe')
  await ask(child, 'fill', filledMegabytes)
  for (let at = 0; at < WARM_UP_CHUNKS; at++) await load(url, REQUESTS)
  const runs = {}
  for (const kind of order) runs[kind] = await measureChunks(child, url, chunks, kind === 'watched')
  const pieces = await measurePieces(child, url)
  child.disconnect()
  await once(child, 'exit')
  const { watched, without, control } = runs
  const where = (wanted) => watched.flatMap((chunk, at) => wanted(chunk, watched[at - 1]) ? [at] : [])
  const suspicious = where(({ state }, before) => state === 'suspect' && before?.state === 'suspect')
  if (suspicious.length === 0) return []
  const begun = where(({ state }, before) => state === 'suspect' || before?.state === 'suspect').map((at) => watched[at])
  return [{
    suspicious: compare(suspicious, watched, [without, control]),
    control: compare(suspicious, control, [without]),
    ...pieces,
    captures: begun.at(-1).captures - watched[0].captures,
    seconds: begun.reduce((sum, { seconds }) => sum + seconds, 0)
  }]
}

/** Some chunks of a run with the same ones of others. */
function compare (places, run, others) {
  const sum = (chunks, field) => places.reduce((all, at) => all + chunks[at][field], 0)
  const base = (field) => others.reduce((all, chunks) => all + sum(chunks, field), 0) / others.length
  return {
    throughput: base('seconds') / sum(run, 'seconds'),
    cpu: sum(run, 'cpuUs') / base('cpuUs'),
    seconds: sum(run, 'seconds'),
    collections: sum(run, 'collections')
  }
}

function wholeRows (name, measured) {
  const row = (kind, what) => [
    name,
    what,
    String(measured.length),
    ...['throughput', 'cpu'].map((field) => interval(confidence(measured.map((one) => [one[kind][field]])), 4)),
    ...['seconds', 'collections'].map((field) => median(measured.map((one) => one[kind][field])).toFixed(0))
  ]
  return [
    row('suspicious', 'suspicious to not watched'),
    row('control', 'not watched to not watched (control)')
  ]
}

function pieceRow (name, measured) {
  const lost = confidence(measured.map((one) => one.capturesMs))
  const sampling = confidence(measured.map((one) => one.sampling))
  const left = ({ captures, seconds, capturesMs, sampling }) => (1 - captures * median(capturesMs) / 1000 / seconds) * median(sampling)
  return [
    name,
    String(measured.length),
    interval(lost, 0),
    interval(sampling, 4),
    median(measured.map(({ captures }) => captures)).toFixed(0),
    median(measured.map(({ seconds }) => seconds)).toFixed(0),
    interval(confidence(measured.map((one) => [left(one)])), 4)
  ]
}

/**
 * Captures, and sampling, each against the chunks on either side.
 *
 * @returns {Promise<{ capturesMs: number[], sampling: number[] }>} what each capture took from the time, and ratios of throughput
 */
async function measurePieces (child, url) {
  await ask(child, 'watch', true)
  const loaded = async () => (await load(url, REQUESTS)).seconds
  const calm = async () => {
    let seconds = 0
    for (let at = 0; at < CHUNKS_OF_A_PIECE; at++) seconds += await loaded()
    return seconds / CHUNKS_OF_A_PIECE
  }
  const capturesMs = []
  for (let before = await calm(); capturesMs.length < CAPTURES;) {
    await ask(child, 'forget')
    await ask(child, 'capture')
    const chunks = []
    while (chunks.length < CHUNKS_OF_A_PIECE || await ask(child, 'captured') === null) chunks.push(await loaded())
    const after = await calm()
    const usual = (before + after) / 2
    capturesMs.push(chunks.reduce((sum, seconds) => sum + seconds - usual, 0) * 1000)
    before = after
  }
  const sampling = []
  for (let before = await calm(); sampling.length < SAMPLINGS;) {
    await ask(child, 'forget')
    await ask(child, 'sample', true)
    const sampled = await calm()
    await ask(child, 'sample', false)
    const after = await calm()
    sampling.push((before + after) / 2 / sampled)
    before = after
  }
  await ask(child, 'watch', false)
  return { capturesMs, sampling }
}

/**
 * Chunks one after the other. The server begins with what it was filled with, whatever it has kept before.
 *
 * @returns {Promise<{ seconds: number, cpuUs: number, collections: number, state: string | null, captures: number }[]>}
 */
async function measureChunks (child, url, count, isWatched) {
  await ask(child, 'forget')
  for (let at = 0; at < SETTLING_CHUNKS; at++) await load(url, REQUESTS)
  if (isWatched) await ask(child, 'follow', true)
  const chunks = []
  while (chunks.length < count) {
    const [cpuBefore, fullBefore] = [await ask(child, 'cpu'), await ask(child, 'fullCollections')]
    const { seconds } = await load(url, REQUESTS)
    const cpuUs = await ask(child, 'cpu') - cpuBefore
    const collections = await ask(child, 'fullCollections') - fullBefore
    chunks.push({ seconds, cpuUs, collections, state: await ask(child, 'state'), captures: await ask(child, 'answeredCaptures') })
  }
  if (isWatched) await ask(child, 'follow', false)
  return chunks
}

module.exports = { suspicion }
