// What a capture costs: how long the event loop stands still, how long all of it takes, and how much memory. Against
// V8's own file, other packages, and the floor: a bare fork of the same process.
//
// node benches/capture.js [--markdown] [--rounds=N] [--sizes=10,100,500,1000] [--peers-to=100] [--only=floor,classes] [--node=PATH]
//
// Sizes are megabytes of small live objects. What is measured in the process itself takes minutes at 1000.
'use strict'

const { fork, spawnSync } = require('node:child_process')
const { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')

const { buildExample } = require('../scripts/build-example')
const { median, shuffled } = require('./confidence')
const { availablePeers } = require('./peers')
const { suspicionCaptures } = require('./suspicion-captures')
const { print } = require('./table')

const AIRBNB = '@airbnb/node-memwatch'
const SUBJECTS = {
  idle: { label: 'nothing, for a second' },
  floor: { label: 'floor: a bare fork' },
  classes: { label: "`capture({ as: 'classes' })`", hasCopy: true },
  graph: { label: "`capture({ as: 'graph' })`", hasCopy: true },
  diff: { label: '`HeapDiff.start()` … `end()`', hasCopy: true },
  paths: { label: 'two captures of a suspicion: objects by path', hasCopy: true },
  file: { label: '`writeSnapshot()`', hasCopy: true },
  v8: { label: '`v8.writeHeapSnapshot()`', isPeer: true },
  heapdump: { label: 'heapdump 0.3.15', isPeer: true, needs: 'heapdump' },
  airbnb: { label: `${AIRBNB} 3.0.0, \`new HeapDiff()\` … \`end()\``, isPeer: true, needs: AIRBNB }
}
const MEGABYTES = 1 << 20
const KILOBYTES_OF_MEGABYTE = 1024
/** Of one object with what it holds, on Node 20. */
const BYTES_OF_LEAKY = 198.4
/** Objects that come between the halves of a diff. */
const GROWTH = 1000
/** To read `smaps_rollup` of a process takes 50 ms for a heap of 1 GB. */
const SAMPLE_EVERY_MS = 50
const QUIET_MS = 100

async function main () {
  const { values } = parseArgs({
    options: {
      markdown: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      sizes: { type: 'string', default: '10,100,500,1000' },
      'peers-to': { type: 'string', default: '100' },
      only: { type: 'string', default: Object.keys(SUBJECTS).join(',') },
      node: { type: 'string', default: process.execPath }
    }
  })
  const rounds = Number(values.rounds)
  if (!(rounds >= 1)) throw new Error('--rounds takes a number from 1 on')
  const names = values.only.split(',')
  for (const name of names) if (!SUBJECTS[name]) throw new Error(`--only takes ${Object.keys(SUBJECTS).join(', ')}`)
  const peersTo = Number(values['peers-to'])
  const available = peersTo > 0 ? availablePeers(['heapdump', AIRBNB]) : new Set()
  const floor = names.includes('floor') ? buildFloor() : null
  const subjects = names.filter((name) => (name !== 'floor' || floor) && (!SUBJECTS[name].needs || available.has(SUBJECTS[name].needs)))

  const say = (text) => process.stdout.write(values.markdown ? `${text}.\n\n` : `${text}\n`)
  const version = spawnSync(values.node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  const cpus = os.cpus()
  say(`${cpus.length} × ${cpus[0].model.trim()}, ${os.type()} ${os.release()} ${os.arch()}, Node ${version}, ` +
    new Date().toISOString().slice(0, 10))
  say(`load average before: ${loadAverage()}`)
  const rows = []
  for (const size of values.sizes.split(',').map(Number)) {
    if (!(size > 0)) throw new Error('--sizes takes megabytes')
    const here = subjects.filter((name) => !SUBJECTS[name].isPeer || size <= peersTo)
    const results = await measure({ node: values.node, subjects: here, size, rounds, floor })
    rows.push(...compared(`${size} MB`, results))
  }
  print({
    title: 'Captures',
    note: `medians of ${rounds} processes each with their extremes, in random order; the first capture of each process`,
    head: ['live heap', 'measured', 'longest gap, ms', 'longest collection, ms', 'gap to the floor’s', '`pauseMs`', 'total, s', 'processor time, s', 'extra memory, MB', 'found'],
    rows
  }, values.markdown)
  say(`load average at the end: ${loadAverage()}`)
}

const loadAverage = () => os.loadavg().map((load) => load.toFixed(2)).join(' ')

/** The addon that forks, or `null` where it cannot be built. */
function buildFloor () {
  try {
    return buildExample('fork_floor')
  } catch (error) {
    process.stderr.write(`${error.message}\nthe floor is left out\n`)
    return null
  }
}

/** Results by subject, in the order of the rounds. */
async function measure ({ node, subjects, size, rounds, floor }) {
  const results = Object.fromEntries(subjects.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(subjects)) {
      const isPeer = Boolean(SUBJECTS[name].isPeer)
      // Reading a process's memory takes the lock that its fork needs; a peer stands still for seconds anyway.
      const result = await run({ node, name, size, floor, isSampled: isPeer })
      if (SUBJECTS[name].hasCopy && round === 0) {
        const sampled = await run({ node, name, size, floor, isSampled: true })
        if (result) result.extraBytes = sampled?.extraBytes
      }
      results[name].push(result)
    }
  }
  return results
}

function compared (heap, results) {
  const floorGap = results.floor && median(results.floor.map((one) => one.gapMs))
  return Object.entries(results).map(([name, all]) => {
    const label = [heap, SUBJECTS[name].label]
    if (all.some((one) => !one)) return [...label, 'died', '', '', '', '', '', '', '']
    const of = (field, digits, scale = 1) => range(all.map((one) => one[field]), digits, scale)
    const extra = all.map((one) => one.extraBytes).filter((bytes) => bytes !== undefined)
    return [
      ...label,
      of('gapMs', 1),
      of('collectionMs', 1),
      floorGap && name !== 'floor' && name !== 'idle' ? (median(all.map((one) => one.gapMs)) / floorGap).toFixed(2) : '',
      all[0].pauseMs === undefined ? '' : of('pauseMs', 1),
      of('totalMs', 2, 1e-3),
      of('cpuMs', 2, 1e-3),
      extra.length ? (median(extra) / MEGABYTES).toFixed(0) : '',
      found(all)
    ]
  })
}

/** Whether the objects of our class were counted right, by what read the heap. */
function found (all) {
  if (all[0].found === undefined) return ''
  const wrong = all.filter((one) => one.found !== one.expected)
  const told = wrong.length ? `${wrong[0].found} of ${wrong[0].expected}` : 'all'
  const engines = [...new Set(all.map((one) => one.engine).filter(Boolean))].join(', ')
  return engines ? `${told}, by ${engines}` : told
}

function range (values, digits, scale) {
  const sorted = values.map((value) => value * scale).sort((one, other) => one - other)
  const [low, middle, high] = [sorted[0], median(sorted), sorted.at(-1)].map((value) => value.toFixed(digits))
  return sorted.length === 1 ? middle : `${middle} (${low} to ${high})`
}

/** One process: fills its heap, waits, measures. `null` when it died. */
async function run ({ node, name, size, floor, isSampled }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'memwatch-bench-'))
  const child = fork(__filename, [JSON.stringify({ name, size, floor, folder })], {
    execPath: node,
    execArgv: ['--expose-gc', `--max-old-space-size=${size * 4 + 4096}`],
    env: { ...process.env, MEMWATCH_BENCH_CHILD: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc']
  })
  let stderr = ''
  child.stderr.on('data', (text) => { stderr += text })
  const ended = new Promise((resolve) => { child.once('exit', () => resolve(null)) })
  const next = () => Promise.race([new Promise((resolve) => { child.once('message', resolve) }), ended])
  try {
    let result = await next()
    if (result) {
      const before = isSampled ? pssKilobytes(child.pid) : 0
      let peak = before
      const sampler = isSampled && setInterval(() => {
        // In this order nothing counts twice: what a copy shares is half of each one's from the fork to the end.
        const copies = childrenOf(child.pid)
        let now = pssKilobytes(child.pid)
        for (const pid of copies) now += pssKilobytes(pid)
        peak = Math.max(peak, now)
      }, SAMPLE_EVERY_MS)
      child.send('go')
      result = await next()
      clearInterval(sampler)
      if (result && isSampled) result.extraBytes = (peak - before) * MEGABYTES / KILOBYTES_OF_MEGABYTE
    }
    if (!result) process.stderr.write(`${name} at ${size} MB: ${stderr.split('\n').slice(0, 12).join('\n')}\n`)
    if (result?.file) result.found = await countIn(result.file)
    return result
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function countIn (file) {
  const snapshot = await require('..').openSnapshot(file)
  return countOf(snapshot.classes())
}

const countOf = (classes) => classes.find((one) => one.name === 'Leaky')?.count ?? 0

/** Of a process that has ended, nothing. */
function pssKilobytes (pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readProc(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)
}

function childrenOf (pid) {
  // A copy is a child of the thread that forked it.
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : []
  return threads.flatMap((thread) => readProc(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean))
}

function readProc (file) {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return ''
    throw error
  }
}

// ---------------------------------------------------------------------------------------- in the process measured

class Leaky {
  constructor (i) {
    this.i = i
    this.s = 'str' + i
    this.m = { a: i, b: [i, i + 1] }
  }
}

const leak = []

function grow (count) {
  for (let at = 0; at < count; at++) leak.push(new Leaky(leak.length))
}

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms) })
const peer = (name) => require(path.join(__dirname, 'peers', 'node_modules', name))

/** By subject: what makes ready, which gives what is measured. */
const WORK = {
  idle: () => () => wait(1000),
  floor: ({ floor }) => {
    const addon = require(floor)
    addon.prepare()
    return () => addon.fork()
  },
  classes: () => captured('classes'),
  graph: () => captured('graph'),
  diff: () => {
    const memwatch = require('..')
    return async () => {
      const diff = await memwatch.HeapDiff.start()
      grow(GROWTH)
      const { change } = await diff.end()
      return { found: change.details.find(({ what }) => what === 'Leaky')?.['+'] ?? 0, expected: GROWTH }
    }
  },
  paths: () => {
    const { take, grown } = suspicionCaptures()
    return async () => {
      await take()
      grow(GROWTH)
      const { engine, pauseMs } = await take()
      const counts = grown().find(({ steps }) => steps.at(-1).className === 'Leaky')?.counts ?? [0, 0]
      return { found: counts[1] - counts[0], expected: GROWTH, engine, pauseMs }
    }
  },
  file: ({ folder }) => {
    const memwatch = require('..')
    return async () => ({ file: await memwatch.writeSnapshot(path.join(folder, 'ours.heapsnapshot')) })
  },
  v8: ({ folder }) => {
    const v8 = require('node:v8')
    return () => ({ file: v8.writeHeapSnapshot(path.join(folder, 'v8.heapsnapshot')) })
  },
  heapdump: ({ folder }) => {
    const { writeSnapshot } = peer('heapdump')
    return () => new Promise((resolve, reject) => {
      writeSnapshot(path.join(folder, 'heapdump.heapsnapshot'), (error, file) => error ? reject(error) : resolve({ file }))
    })
  },
  airbnb: () => {
    const { HeapDiff } = peer(AIRBNB)
    return () => {
      const diff = new HeapDiff()
      grow(GROWTH)
      const { change } = diff.end()
      return { found: change.details.find(({ what }) => what === 'Leaky')?.['+'] ?? 0, expected: GROWTH }
    }
  }
}

function captured (as) {
  const memwatch = require('..')
  return async () => {
    const { classes, engine, pauseMs } = await memwatch.capture({ as })
    return { found: countOf(classes), engine, pauseMs }
  }
}

/** Of this process and of its children that have ended. */
function cpuMs () {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ')
  const TICK_MS = 10
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0)
}

async function child (order) {
  grow(Math.round(order.size * MEGABYTES / BYTES_OF_LEAKY))
  const work = WORK[order.name](order)
  globalThis.gc()
  await wait(QUIET_MS)
  process.send('ready')
  await new Promise((resolve) => { process.once('message', resolve) })

  let collectionMs = 0
  const note = (list) => { for (const { duration } of list.getEntries()) collectionMs = Math.max(collectionMs, duration) }
  const observer = new PerformanceObserver(note)
  let [last, gapMs] = [performance.now(), 0]
  const tick = () => {
    const now = performance.now()
    gapMs = Math.max(gapMs, now - last)
    last = now
  }
  const timer = setInterval(tick, 1)
  await wait(QUIET_MS)
  tick()
  gapMs = 0
  observer.observe({ entryTypes: ['gc'] })
  const cpuBegun = cpuMs()
  const begun = performance.now()
  const result = await work()
  const totalMs = performance.now() - begun
  tick()
  // What is written after a fork is copied page by page.
  await wait(QUIET_MS)
  const cpu = cpuMs() - cpuBegun
  clearInterval(timer)
  process.send({ expected: leak.length, ...result, gapMs, collectionMs, totalMs, cpuMs: cpu })
}

if (process.env.MEMWATCH_BENCH_CHILD === '1') child(JSON.parse(process.argv[2]))
else main()
