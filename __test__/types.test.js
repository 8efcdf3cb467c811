// What TypeScript makes of the package's declarations, in both kinds of modules.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, project, run } = require('./child')

const TSC = path.join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc')

function check (t, files) {
  const tsconfig = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      types: ['node'],
      typeRoots: [path.join(PACKAGE, 'node_modules', '@types')]
    },
    files: Object.keys(files)
  }
  const folder = project(t, { 'tsconfig.json': JSON.stringify(tsconfig), ...files })
  return run(process.execPath, [TSC, '--noEmit', '--pretty', 'false', '-p', folder], { cwd: folder })
}

const TYPED = `
const seen: number[] = []
const self: memwatch.Memwatch = memwatch.configure({ capacity: 16, threshold: '10 MB', detector: 'classic', recorder: null, record: null })
self.on('stats', (stats) => {
  const bytes: number | null = stats.liveBytes
  const full: number = stats.num_full_gc
  seen.push(full, bytes ?? 0, ...stats.pauses.map(({ p99Ms }) => p99Ms))
  // @ts-expect-error live bytes may be unknown
  const certain: number = stats.liveBytes
  // @ts-expect-error there is no such field
  seen.push(stats.liveByte, certain)
}).once('leak', ({ start, growth, state, eta, suspects }) => {
  const at: Date = start
  const isLeak: boolean = state === 'leak'
  seen.push(growth, eta.heapLimitMs?.high ?? 0, suspects.classes?.length ?? 0, at.getTime(), Number(isLeak))
  // @ts-expect-error no leak has this state
  seen.push(Number(state === 'certain'))
})
const { events, lost } = memwatch.history({ since: 1 })
const started: bigint | undefined = events[0]?.startNs
const { usedAfterBytes, length } = memwatch.history({ as: 'columns' })
const sizes: Float64Array = usedAfterBytes
seen.push(lost, length, sizes.length, Number(started))
const end: () => void = memwatch.traceGc(process.stdout)
end()
const mode: 'native' | 'fallback' = memwatch.mode
const hooks: boolean = memwatch.capabilities.hooks
console.log(mode, hooks, memwatch.running, memwatch.config.threshold, memwatch.gc())
async function analyse () {
  const snapshot: memwatch.Snapshot = await memwatch.openSnapshot(new URL('file:///a'), {
    signal: AbortSignal.timeout(1), onProgress: ({ percent }) => console.log(percent.toFixed())
  })
  const path: memwatch.SnapshotPath | null = snapshot.path(5, { showStrings: true })
  // @ts-expect-error there may be no path
  console.log(path.steps)
  for (const { edge, class: name, knownAs, leaking, reason, isSuspect, leftOut, id, distance } of path?.steps ?? []) {
    const verdict: 'no' | 'yes' | 'unknown' = leaking
    const known: string | null = knownAs
    seen.push(id, leftOut, distance ?? 0, Number(isSuspect), [edge, name, known, verdict, reason].length)
    // @ts-expect-error no verdict is called so
    seen.push(Number(leaking === 'maybe'))
  }
  const [{ fingerprint, text }] = await snapshot.paths(5, { count: 2 })
  const { total, retainers } = snapshot.retainers(5, { limit: 10 })
  const [{ edgeName, edgeKind, retainedSize }] = retainers
  const [{ accumulationPoint, accumulated, parts, path: { steps } }] = snapshot.suspects()
  const largest: number = snapshot.classes()[0].largestId
  seen.push(total, retainedSize, largest, accumulationPoint.id, accumulated?.count ?? 0, parts.length, steps.length)
  console.log(fingerprint?.length, text, edgeName, edgeKind, snapshot.dominators(5)[0].kind)
  console.log((await snapshot.biggest({ count: 1 }))[0].name, (await snapshot.duplicateStrings())[0].text?.length)
  const changes: memwatch.SnapshotClassChange[] = await snapshot.diff(snapshot)
  const compared: memwatch.SnapshotComparison = await memwatch.compareSnapshots(['a', new URL('file:///b')])
  const [stayed] = compared.survivors ?? []
  seen.push(changes[0].growth, stayed.size, stayed.largestId, compared.growingPaths[0].counts[0], compared.snapshots[0].nodeCount)
  const { suspects, classes, pauseMs, engine, engineReason } = await memwatch.capture({ timeoutMs: 1000 })
  const by: 'reader' | 'v8' = engine
  console.log(by, engineReason?.length)
  const counted: memwatch.ClassesCapture = await memwatch.capture({ as: 'classes', memoryLimit: '1 GB', retries: 0, engine: 'reader' })
  console.log(counted.classes[0].shallowSize)
  // @ts-expect-error classes alone have no retained sizes
  console.log(counted.classes[0].retainedSize)
  // @ts-expect-error nor references
  console.log(counted.edgeCount)
  const { comparison, edgeCount }: memwatch.ComparisonCapture = await memwatch.capture({ as: 'comparison' })
  const { graph: { nodes, edges, paths: followed }, classes: { different } }: memwatch.ReadingComparison = comparison
  seen.push(edgeCount, nodes.onlyInV8s.count, nodes.missing[0].heldBy[0].id, nodes.different[0].examples[0].ourBytes, different[0].v8s.count)
  seen.push(edges.missing[0].examples[0].target, followed.trueCount, followed.failed[0].example.source)
  // @ts-expect-error both engines read for a comparison
  await memwatch.capture({ as: 'comparison', engine: 'v8' })
  // @ts-expect-error there is no such engine
  await memwatch.capture({ engine: 'gdb' })
  await memwatch.capture({ mode: 'in-process', maxPauseMs: 500 })
  // @ts-expect-error captures that are compared are made in copies
  await memwatch.HeapDiff.start({ mode: 'in-process' })
  const remove: () => void = memwatch.installSignalHandler('SIGUSR2', { directory: '/tmp', maxFiles: 2, engine: 'v8' })
  remove()
  memwatch.configure({ nearHeapLimit: { directory: '/tmp', captures: 2, maxBytes: '1 GB' } })
  memwatch.once('snapshot', ({ path, reason }: memwatch.SnapshotWritten) => console.log(path.length, reason.length))
  const { path: written } = await memwatch.capture({ as: 'snapshot', path: new URL('file:///a') })
  const name: string = await memwatch.writeSnapshot(written, { force: true })
  memwatch.writeSnapshot(name, (error, path) => console.log(error?.message, path?.length))
  memwatch.writeSnapshot((error) => console.log(error?.message))
  seen.push(suspects.length, classes[0].retainedSize, counted.attempts, pauseMs)
  const { paths: [largestPath] } = await memwatch.capture({ as: 'graph' })
  const grown: memwatch.Growth = await memwatch.growth({
    rounds: 2, minGrowth: 10, timeoutMs: 1000, onProgress: ({ round, rounds, percent }) => console.log(round + rounds + percent),
    between: async ({ round, signal }) => console.log(round.toFixed(), signal?.aborted)
  })
  const diff: memwatch.BackgroundHeapDiff = await memwatch.HeapDiff.start({ force: true })
  const { before, change: { details: [detail], paths: [net] } } = await diff.end({ timeoutMs: 1000 })
  // @ts-expect-error the engine of the start counts
  await diff.end({ engine: 'v8' })
  seen.push(largestPath.retainedSize, grown.paths[0].counts[0], grown.classes[0].shallowSizes[0], grown.captures[0].pauseMs)
  seen.push(before.nodes, detail['+'], detail.retained_growth_bytes, net.growth, net.example.steps.length)
  const { head } = await memwatch.profile.heap({ ms: 5, interval: 1024 })
  const cpu: memwatch.CpuProfile = await memwatch.profile.cpu()
  const file: string = await memwatch.profile.cpu({ path: new URL('file:///a') })
  console.log(head.callFrame.functionName, cpu.nodes.length, file)
  // @ts-expect-error a file was not asked for
  console.log((await memwatch.profile.heap()).length)
  // @ts-expect-error the work of a round must be given
  await memwatch.growth({ rounds: 2 })
  // @ts-expect-error net numbers know of no new objects
  console.log(detail.examples)
  // @ts-expect-error classes alone have no suspects
  console.log(counted.suspects)
  // @ts-expect-error a path is for files
  await memwatch.capture({ as: 'classes', path: 'a' })
  const why: string | null = memwatch.capabilities.backgroundCaptureReason
  console.log(why)
  // @ts-expect-error survivors need three files
  console.log(compared.survivors.length)
  // @ts-expect-error a path has a limit of none, retainers have
  snapshot.path(5, { limit: 1 })
  // @ts-expect-error there is no such option
  snapshot.retainers(5, { count: 1 })
  // @ts-expect-error an id is a number
  snapshot.path('@5')
  // @ts-expect-error the files are a list
  await memwatch.compareSnapshots('a', 'b')
}
analyse()
// @ts-expect-error a capacity is a number
memwatch.configure({ capacity: '16' })
// @ts-expect-error there is no such option
memwatch.configure({ treshold: 1 })
// @ts-expect-error there is no such detector
memwatch.configure({ detector: 'best' })
// @ts-expect-error options must be given
memwatch.configure()
// @ts-expect-error nothing like it can be written to
memwatch.traceGc('stderr')
// @ts-expect-error there is no such form
memwatch.history({ as: 'rows' })
// @ts-expect-error the mode is not for the user to choose
memwatch.mode = 'native'
// @ts-expect-error a configuration is changed by configure()
memwatch.config.capacity = 5
`

describe('TypeScript', () => {
  it('accepts what is right and finds what is wrong, in both kinds of modules', async (t) => {
    const names = Object.keys(await import('../lib/esm.mjs')).filter((name) => name !== 'default')
    const { code, stdout, stderr } = await check(t, {
      'required.cts': `import memwatch = require('memwatch-rs')\n${TYPED}`,
      'imported.mts': `import memwatch, { ${names.join(', ')} } from 'memwatch-rs'
        import type { ClassesCapture, ComparisonCapture, ConfigureOptions, GraphCapture, GcRecord, HistoryColumns, Leak, Snapshot, SnapshotComparison, SnapshotPath,
          SnapshotStep, SnapshotSuspect, Stats } from 'memwatch-rs'
        const snapshot: Snapshot = await openSnapshot('a')
        const path: SnapshotPath | null = snapshot.path(1)
        const steps: SnapshotStep[] = path?.steps ?? []
        const suspects: SnapshotSuspect[] = snapshot.suspects()
        const compared: SnapshotComparison = await compareSnapshots(['a', 'b'])
        const captured: [ClassesCapture, GraphCapture, ComparisonCapture] = [await capture({ as: 'classes' }),
          await capture({ as: 'graph' }), await capture({ as: 'comparison' })]
        console.log(steps, suspects, compared, captured)
        const options: ConfigureOptions = { threshold: 5 }
        configure(options).on('leak', (leak: Leak) => console.log(leak.reason))
        on('stats', (one: Stats) => console.log(one.min)); once('leak', () => {}); off('stats', () => {})
        start(); stop(); gc(); traceGc()()
        const records: GcRecord[] = history().events
        const columns: HistoryColumns = history({ as: 'columns' })
        console.log(records, columns, stats().max, memwatch.running, new HeapDiff().end().change.details[0]?.['+'])
        const [grown] = new HeapDiff({ maxPauseMs: 500 }).end({ paths: true, showStrings: true }).change.details
        console.log(grown?.retained_bytes?.toFixed(), grown?.examples?.[0]?.distance, grown?.paths?.[0]?.steps[0]?.isSuspect)
        openHeap({ maxPauseMs: 500, onProgress: ({ percent }) => console.log(percent) }).then((heap) => heap.classes())
        // @ts-expect-error paths are there on demand only
        console.log(new HeapDiff().end().change.details[0]?.paths)
        // @ts-expect-error there is no such method
        memwatch.begin()
        // @ts-expect-error nor can it be had by name
        import { begin } from 'memwatch-rs'
        // @ts-expect-error a threshold is a size
        configure({ threshold: {} })
        console.log(begin)`
    })
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' })
  })

  it('finds an error that nobody expects, and misses one that is expected and not there', async (t) => {
    const { code, stdout } = await check(t, {
      'required.cts': "import memwatch = require('memwatch-rs')\nmemwatch.configure({ capacity: '16' })",
      'imported.mts': "import { configure } from 'memwatch-rs'\n// @ts-expect-error all is well\nconfigure({ capacity: 16 })"
    })
    assert.notEqual(code, 0)
    assert.match(stdout, /required\.cts\(2,\d+\): error TS2322/)
    assert.match(stdout, /imported\.mts\(2,\d+\): error TS2578/)
    assert.equal(stdout.trim().split('\n').length, 2, stdout)
  })
})
