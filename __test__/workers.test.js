// worker_threads: a monitor for each, shared by all copies of the package in one, and gone with it.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { PACKAGE, inChild } = require('./child')
const areSmall = require('./small-heaps')

const MB = 1 << 20
const WORKERS = areSmall ? 80 : 200
/** Before the first measurement. */
const WARM_UP_WORKERS = 40
// Two small leaks: a monitor's ring alone would be 1.25 MB, a worker's isolate several.
const TOLERATED_BYTES_A_WORKER = MB / 4

/** Creates and terminates workers that collect all the time; gives what resident memory grew by. */
async function manyWorkers (memwatch, { turn }, { packagePath, warmUp, count, load }) {
  const { Worker } = require('node:worker_threads')
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    if (workerData.load) {
      const memwatch = require(workerData.packagePath)
      memwatch.on('stats', () => {}).on('leak', () => {})
      memwatch.traceGc({ write () {} })
    }
    globalThis.gc()
    setImmediate(() => {
      parentPort.postMessage('up')
      for (let at = 0; !workerData.ends || at < 20; at++) {
        globalThis.gc({ type: 'minor' })
        if (at % 4 === 0) globalThis.gc()
      }
    })`
  const exitCodes = {}
  const one = (at) => new Promise((resolve, reject) => {
    const ends = at % 4 === 0
    const workerData = { packagePath, load, ends }
    const worker = new Worker(source, { eval: true, workerData, resourceLimits: { maxYoungGenerationSizeMb: 2 } })
    worker.once('error', reject)
    // Terminated while it collects; one in four ends by itself.
    worker.once('message', () => { if (!ends) worker.terminate() })
    worker.once('exit', (code) => {
      const ending = `${ends ? 'ended' : 'terminated'} with ${code}`
      exitCodes[ending] = (exitCodes[ending] ?? 0) + 1
      resolve()
    })
  })
  if (load) memwatch.on('stats', () => {})
  const some = async (number) => {
    for (let at = 0; at < number; at += 2) await Promise.all([one(at), one(at + 1)])
    globalThis.gc()
    await turn()
    return process.memoryUsage().rss
  }
  const settled = await some(warmUp)
  const after = await some(count)
  return { grown: after - settled, exitCodes, running: memwatch?.running }
}

describe('workers', () => {
  it('have monitors of their own', async () => {
    const result = await inChild(async (memwatch, { untilNodeReports, turn }, packagePath) => {
      const { Worker } = require('node:worker_threads')
      let mine = 0
      memwatch.configure({ capacity: 16, threshold: '100 MB' }).on('stats', () => mine++)
      const before = memwatch.history().events.length
      const worker = new Worker(`
        const { parentPort, threadId, workerData } = require('node:worker_threads')
        const memwatch = require(workerData)
        const config = memwatch.config
        const lines = []
        memwatch.traceGc({ write: (text) => lines.push(text) })
        const awake = setInterval(() => {}, 1 << 30)
        memwatch.on('stats', ({ num_full_gc: full }) => {
          parentPort.postMessage({ config, full, threadId, line: lines.at(-1), mode: memwatch.mode })
          clearInterval(awake)
        })
        memwatch.gc()`, { eval: true, workerData: packagePath })
      const told = []
      worker.on('message', (one) => told.push(one))
      const code = await new Promise((resolve) => worker.once('exit', resolve))
      await turn()
      const during = { mine, recorded: memwatch.history().events.filter(({ kind }) => kind === 'mark-compact').length }
      await untilNodeReports(() => globalThis.gc())
      return { told, code, before, during, mine, mode: memwatch.mode, pid: process.pid }
    }, { argument: PACKAGE })
    assert.equal(result.code, 0, 'the worker ends by itself with its listeners on')
    const [first] = result.told
    assert.deepEqual(first.config, { capacity: 4096, threshold: null, detector: 'trend', captures: true, allocations: true, recorder: null, record: null, nearHeapLimit: null })
    assert.ok(first.full >= 1 && first.threadId > 0)
    assert.equal(first.mode, result.mode)
    assert.ok(first.line.startsWith(`[${result.pid}:${first.threadId}] `), first.line)
    assert.deepEqual(result.during, { mine: 0, recorded: 0 }, 'the main thread sees nothing of it')
    assert.equal(result.mine, 1)
  })

  it('share one monitor between all copies of the package in one thread', async () => {
    const result = await inChild(async (memwatch, { untilNodeReports }, packagePath) => {
      for (const file of Object.keys(require.cache)) if (file.startsWith(packagePath)) delete require.cache[file]
      const other = require(packagePath)
      const seen = { memwatch: [], other: [] }
      memwatch.configure({ capacity: 16 })
      memwatch.on('stats', ({ sequence }) => seen.memwatch.push(sequence))
      const runningOfOther = other.running
      await untilNodeReports(() => globalThis.gc())
      other.on('stats', ({ sequence }) => seen.other.push(sequence))
      await untilNodeReports(() => globalThis.gc())
      memwatch.removeAllListeners()
      await untilNodeReports(() => globalThis.gc())
      const { events } = other.history()
      other.stop()
      return {
        same: memwatch === other,
        config: other.config,
        runningOfOther,
        seen,
        full: events.filter(({ kind }) => kind === 'mark-compact').map(({ sequence }) => sequence),
        running: [memwatch.running, other.running]
      }
    }, { argument: PACKAGE })
    assert.equal(result.same, false)
    assert.equal(result.config.capacity, 16)
    assert.equal(result.runningOfOther, true)
    assert.equal(result.full.length, 3, 'each collection is recorded once')
    assert.deepEqual(result.seen, { memwatch: result.full.slice(0, 2), other: result.full.slice(1) })
    assert.deepEqual(result.running, [false, false])
  })

  it(`leave nothing behind when ${WORKERS} of them are created and terminated while they collect`, async () => {
    const [watched, control] = await Promise.all([true, false].map((load) =>
      inChild(manyWorkers, { argument: { packagePath: PACKAGE, warmUp: WARM_UP_WORKERS, count: WORKERS, load }, load })))
    const ended = (WARM_UP_WORKERS + WORKERS) / 4
    for (const { exitCodes } of [watched, control]) {
      assert.deepEqual(exitCodes, { 'terminated with 1': 3 * ended, 'ended with 0': ended })
    }
    assert.equal(watched.running, true)
    const bound = Math.max(0, control.grown) + WORKERS * TOLERATED_BYTES_A_WORKER
    assert.ok(watched.grown < bound, `grown by ${watched.grown / MB} MB, the control by ${control.grown / MB} MB`)
  })
})
