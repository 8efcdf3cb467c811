// The program under storm, run by `capture-storm.js`: allocates and drops without a break, compiles new functions, keeps four
// threads busy, serves requests, and captures its own heap so many times in a row.
'use strict'

const fs = require('node:fs')
const http = require('node:http')
const v8 = require('node:v8')
const vm = require('node:vm')
const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { PerformanceObserver, constants } = require('node:perf_hooks')
const { Worker } = require('node:worker_threads')
const memwatch = require('..')

const THREADS = 4
const SLOTS = 8
const ROWS = 4000
const HELD = { Planted: 5000, Keyed: 1000, Valued: 500, Linked: 2000 }
const SUMMARY_EVERY = 10
const SPAWNS = 20

class Planted {}
class Keyed { constructor (at) { this.text = `key ${at}` } }
class Valued { constructor (at) { this.at = at + 0.5 } }
class Linked { constructor (next) { this.next = next } }
/** As many as the capture has a number, made right before it. */
class Fresh { constructor (at) { this.at = at } }
/** The storm's own: they live for some turns. */
class Row { constructor (at) { this.at = at; this.text = `row ${at}`; this.tags = [at, { at }] } }

const BUSY = `
  let held = []
  setInterval(() => {
    for (let at = 0; at < 1e4; at++) held.push({ at, text: 'x' + at })
    if (held.length > 2e5) held = []
  }, 20)`

function hold () {
  const keys = Array.from({ length: HELD.Valued }, (_, at) => ({ at }))
  let list = null
  for (let at = 0; at < HELD.Linked; at++) list = new Linked(list)
  return {
    planted: Array.from({ length: HELD.Planted }, () => new Planted()),
    keyed: new Map(Array.from({ length: HELD.Keyed }, (_, at) => [`${at}`, new Keyed(at)])),
    keys,
    valued: new WeakMap(keys.map((key, at) => [key, new Valued(at)])),
    list
  }
}

/** Each slot always holds the rows of one turn. */
function startStorm () {
  const ring = globalThis.ring = []
  const hot = globalThis.hot = []
  const fill = (slot) => { ring[slot] = Array.from({ length: ROWS }, (_, at) => new Row(at)) }
  const compile = (round) => {
    const run = vm.compileFunction(`let sum = ${round}; for (const row of rows) sum += row.at * ${round} + row.tags.length; return sum`, ['rows'])
    hot[round % 64] = run
    for (let at = 0; at < 4; at++) run(ring[round % SLOTS])
  }
  for (let slot = 0; slot < SLOTS; slot++) fill(slot)
  let round = 0
  const timer = setInterval(() => {
    fill(round % SLOTS)
    compile(round++)
  }, 16)
  return () => clearInterval(timer)
}

/** What is wrong with the classes of a capture. */
function objections (classes, expected) {
  const counts = new Map(classes.map(({ name, count }) => [name, count]))
  const wrong = []
  for (const [name, count] of Object.entries(expected)) {
    if (counts.get(name) !== count) wrong.push(`${counts.get(name) ?? 0} ${name}, not ${count}`)
  }
  // The rows that a turn has dropped may still lie on the stack.
  const rows = counts.get('Row') ?? 0
  if (rows < SLOTS * ROWS || rows > 2 * SLOTS * ROWS) wrong.push(`${rows} Row of ${SLOTS * ROWS} to ${2 * SLOTS * ROWS}`)
  return wrong
}

async function capture (at) {
  const as = at % SUMMARY_EVERY === SUMMARY_EVERY - 1 ? 'summary' : 'classes'
  globalThis.fresh = Array.from({ length: 100 + at }, (_, at) => new Fresh(at))
  try {
    const { classes, engine, engineReason, attempts, pauseMs, durationMs } = await memwatch.capture({ as })
    const wrong = objections(classes, { ...HELD, Fresh: 100 + at })
    return { as, engine, engineReason, attempts, pauseMs, durationMs, wrong }
  } catch (error) {
    return { as, failed: `${error.code}: ${error.message}` }
  }
}

/** Parts of memory that a fork leaves out, and all there are. */
function mappings () {
  const all = []
  for (const line of fs.readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line)
    if (range) all.push({ start: parseInt(range[1], 16), end: parseInt(range[2], 16), isLeftOut: false })
    else if (line.startsWith('VmFlags:')) all.at(-1).isLeftOut = / dc( |$)/.test(line)
  }
  return all
}

const bytesOf = (ranges) => ranges.reduce((sum, { start, end }) => sum + end - start, 0)

/** Captures once more, now that all is quiet: of what a fork has left out before nothing may be copied afterwards. */
async function leftOut () {
  const before = mappings().filter(({ isLeftOut }) => isLeftOut)
  await memwatch.capture({ as: 'classes' })
  const after = mappings()
  const lost = after.filter(({ isLeftOut, start, end }) =>
    !isLeftOut && before.some((one) => one.start < end && start < one.end))
  return {
    bytes: bytesOf(after.filter(({ isLeftOut }) => isLeftOut)),
    heapBytes: v8.getHeapStatistics().total_heap_size,
    lostBytes: bytesOf(lost)
  }
}

function medianSpawnMs () {
  const times = Array.from({ length: SPAWNS }, () => {
    const began = process.hrtime.bigint()
    spawnSync('true')
    return Number(process.hrtime.bigint() - began) / 1e6
  })
  return times.sort((a, b) => a - b)[SPAWNS / 2]
}

const descriptors = () => fs.readdirSync('/proc/self/fd').length

function countCollections () {
  const counts = { minor: 0, major: 0, incremental: 0 }
  const { NODE_PERFORMANCE_GC_MINOR: MINOR, NODE_PERFORMANCE_GC_MAJOR: MAJOR } = constants
  new PerformanceObserver((list) => {
    for (const { detail: { kind } } of list.getEntries()) {
      counts[kind === MINOR ? 'minor' : kind === MAJOR ? 'major' : 'incremental']++
    }
  }).observe({ entryTypes: ['gc'] })
  return counts
}

async function main (times) {
  globalThis.held = hold()
  const collections = countCollections()
  let served = 0
  const server = http.createServer((request, response) => {
    response.end(`echo ${request.url}`)
    served++
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const stop = startStorm()
  const workers = Array.from({ length: THREADS }, () => new Worker(BUSY, { eval: true }))
  await Promise.all(workers.map((worker) => once(worker, 'online')))
  // The first of each loads what the later ones have.
  spawnSync('true')
  const spawnMsBefore = medianSpawnMs()
  await memwatch.capture()
  const descriptorsBefore = descriptors()
  process.send({ port: server.address().port })
  await once(process, 'message')
  for (let at = 0; at < times; at++) process.send({ capture: await capture(at) })
  process.send({ isOver: true })
  await once(process, 'message')

  const connections = () => new Promise((resolve) => server.getConnections((error, count) => resolve(error ?? count)))
  while (await connections() !== 0) await new Promise((resolve) => setImmediate(resolve))
  const descriptorsAfter = descriptors()
  const spawnMsAfter = medianSpawnMs()
  stop()
  await Promise.all(workers.map((worker) => worker.terminate()))
  const marks = await leftOut()
  const children = fs.readdirSync('/proc/self/task')
    .map((thread) => fs.readFileSync(`/proc/self/task/${thread}/children`, 'utf8')).join('')
  const report = {
    served,
    children,
    leftOut: marks,
    collections,
    descriptors: { before: descriptorsBefore, after: descriptorsAfter },
    spawnMs: { before: spawnMsBefore, after: spawnMsAfter }
  }
  process.send({ report }, () => process.exit(0))
}

main(Number(process.argv[2]))
