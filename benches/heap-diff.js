// What a HeapDiff costs: `new HeapDiff()` and `end()` in a fresh process each, against @airbnb/node-memwatch
// and against the floor, two bare snapshots by V8.
//
// node benches/heap-diff.js [--markdown] [--rounds=N] [--only=10,50,200,scripts] [--node=PATH]
//
// The numbers are megabytes of small live objects; `scripts` is a heap with TypeScript and ESLint loaded, where V8
// of Node 20 works out the script positions of each function anew. The floor and the peer take minutes there.
'use strict'

const { spawnSync } = require('node:child_process')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')

const { median, shuffled } = require('./confidence')
const { availablePeers } = require('./peers')
const { print } = require('./table')

const PEER = '@airbnb/node-memwatch'
const LABELS = {
  floor: 'two bare snapshots of V8, deleted',
  ours: 'memwatch-rs',
  paths: 'memwatch-rs, `end({ paths: true })`',
  peer: `${PEER} 3.0.0`,
  // One snapshot, for the goal of memory: what a process holds while V8's snapshot is at its largest.
  one: 'one bare snapshot of V8'
}
const MEGABYTES = 1 << 20

async function main () {
  const { values } = parseArgs({
    options: {
      markdown: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: '10,50,200,scripts' },
      node: { type: 'string', default: process.execPath }
    }
  })
  const say = (text) => process.stdout.write(values.markdown ? `${text}.\n\n` : `${text}\n`)
  const { version } = run(values.node, 'nothing', { fill: 0 })
  const cpus = os.cpus()
  say(`${cpus.length} × ${cpus[0].model.trim()}, ${os.type()} ${os.release()} ${os.arch()}, Node ${version}, ` +
    new Date().toISOString().slice(0, 10))
  const diffs = ['floor', 'one', 'ours', 'paths', ...(availablePeers([PEER]).has(PEER) ? ['peer'] : [])]
  const rounds = Number(values.rounds)
  if (!(rounds >= 1)) throw new Error('--rounds takes a number from 1 on')
  const rows = []
  say(`load average before: ${loadAverage()}`)
  for (const part of values.only.split(',')) {
    const heap = part === 'scripts' ? { scripts: true } : { fill: Number(part) }
    if (Number.isNaN(heap.fill)) throw new Error('--only takes megabytes and scripts')
    rows.push(...compared(heap.scripts ? part : `${part} MB`, measure(values.node, diffs, heap, rounds)))
  }
  print({
    title: '`new HeapDiff()` and `end()`',
    note: `medians of ${rounds} processes each, in random order; ratios are of CPU time within a round, with their extremes`,
    head: ['heap', 'nodes', 'measured', 'ms', 'CPU ms', 'ratio to the floor', 'ratio to ours', 'peak memory above the heap, MB',
      'the same less one snapshot, bytes a node'],
    rows
  }, values.markdown)
  say(`load average at the end: ${loadAverage()}`)
}

const loadAverage = () => os.loadavg().map((load) => load.toFixed(2)).join(' ')

/** Results by what was measured, in the order of the rounds. */
function measure (node, diffs, heap, rounds) {
  const results = Object.fromEntries(diffs.map((diff) => [diff, []]))
  for (let round = 0; round < rounds; round++) {
    for (const diff of shuffled(diffs)) results[diff].push(run(node, diff, heap))
  }
  return results
}

function compared (heap, results) {
  const nodes = median(results.ours.map((one) => one.nodes))
  const above = (one) => one.peakBytes - one.heapBytes
  const onePeak = median(results.one.map(above))
  return Object.keys(results).map((name) => {
    const all = results[name]
    const label = [heap, String(nodes), LABELS[name]]
    if (all.some((one) => one.ms === null)) return [...label, 'died', '', '', '', '', '']
    const peak = median(all.map(above))
    const ratios = name === 'one' ? ['', ''] : [ratio(all, results.floor), ratio(all, results.ours)]
    return [...label, ...['ms', 'cpuMs'].map((field) => median(all.map((one) => one[field])).toFixed(0)), ...ratios, (peak / MEGABYTES).toFixed(1),
      name === 'one' ? '' : ((peak - onePeak) / nodes).toFixed(1)]
  })
}

function ratio (all, base) {
  const ratios = all.map((one, round) => one.cpuMs / base[round].cpuMs).sort((one, other) => one - other)
  return `${median(ratios).toFixed(3)} (${ratios[0].toFixed(3)} to ${ratios.at(-1).toFixed(3)})`
}

/** One process: fills its heap, measures, tells. `ms` is `null` when it died. */
function run (node, diff, heap) {
  const { status, stdout, stderr } = spawnSync(node,
    ['--expose-gc', '--max-old-space-size=8192', __filename, JSON.stringify({ diff, heap })],
    { encoding: 'utf8', env: { ...process.env, MEMWATCH_BENCH_CHILD: '1' } })
  if (status === 0) return JSON.parse(stdout)
  process.stderr.write(stderr.split('\n').slice(0, 3).join('\n'))
  return { ms: null, cpuMs: 0, nodes: 0, peakBytes: 0, heapBytes: 0 }
}

const DIFFS = {
  nothing: () => () => null,
  floor: () => {
    const v8 = require('node:v8')
    return () => {
      v8.getHeapSnapshot().destroy()
      v8.getHeapSnapshot().destroy()
    }
  },
  one: () => {
    const v8 = require('node:v8')
    return () => v8.getHeapSnapshot().destroy()
  },
  ours: () => diffWith(require('..')),
  paths: () => diffWith(require('..'), { paths: true }),
  peer: () => diffWith(require(path.join(__dirname, 'peers', 'node_modules', PEER)))
}

function diffWith ({ HeapDiff }, options) {
  return () => {
    const hd = new HeapDiff()
    const { before } = options ? hd.end(options) : hd.end()
    return before.nodes
  }
}

function child ({ diff, heap }) {
  const work = DIFFS[diff]()
  if (heap.fill) require('./load').fill(heap.fill)
  if (heap.scripts) globalThis.scripts = [require('typescript'), require('eslint'), require('eslint/use-at-your-own-risk')]
  globalThis.gc()
  const heapBytes = process.memoryUsage.rss()
  const cpuBegun = process.cpuUsage()
  const begun = process.hrtime.bigint()
  const nodes = work()
  const ms = Number(process.hrtime.bigint() - begun) / 1e6
  const { user, system } = process.cpuUsage(cpuBegun)
  const peakBytes = process.resourceUsage().maxRSS * 1024
  process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000, nodes, heapBytes, peakBytes, version: process.version }))
}

if (process.env.MEMWATCH_BENCH_CHILD === '1') child(JSON.parse(process.argv[2]))
else main()
