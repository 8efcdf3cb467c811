// `stats`: which fields it has, that their numbers are V8's, and that it comes once a full collection.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { MODE, inChild } = require('./child')

const NUMBERS = [
  'num_full_gc', 'num_inc_gc', 'heap_compactions', 'usage_trend', 'estimated_base', 'current_base', 'min', 'max',
  'gc_ts', 'gc_time', 'gcScavengeCount', 'gcScavengeTime', 'gcMarkSweepCompactCount', 'gcMarkSweepCompactTime',
  'gcIncrementalMarkingCount', 'gcIncrementalMarkingTime', 'gcProcessWeakCallbacksCount',
  'gcProcessWeakCallbacksTime', 'total_heap_size', 'total_heap_size_executable', 'total_physical_size',
  'total_available_size', 'used_heap_size', 'heap_size_limit', 'malloced_memory', 'peak_malloced_memory',
  'externalBytes', 'nativeContexts', 'detachedContexts', 'totalGlobalHandlesBytes', 'usedGlobalHandlesBytes',
  'lostRecords', 'lostEvents'
]
const NUMBERS_OR_NULL = [
  'sequence', 'liveBytes', 'arrayBufferBytes', 'rssBytes', 'cgroupLimitBytes', 'gcTimeRatio',
  'allocationBytesPerSecond', 'promotionBytesPerSecond', 'heapLimitInMs', 'cgroupLimitInMs'
]
const OTHERS = ['trigger', 'growthBytesPerHour', 'pauses']

function checkShape (stats) {
  assert.deepEqual(Object.keys(stats).sort(), [...NUMBERS, ...NUMBERS_OR_NULL, ...OTHERS].sort())
  for (const name of NUMBERS) assert.ok(Number.isFinite(stats[name]), `${name} is ${stats[name]}`)
  for (const name of NUMBERS_OR_NULL) {
    assert.ok(stats[name] === null || Number.isFinite(stats[name]), `${name} is ${stats[name]}`)
  }
}

describe('stats', () => {
  it('has every field of the contract, before the first full collection and after it', async () => {
    const { before, after, emitted } = await inChild(async (memwatch, { collect }) => {
      const before = memwatch.stats()
      memwatch.on('stats', () => {})
      const emitted = await collect()
      return { before, emitted, after: memwatch.stats() }
    })
    for (const stats of [before, emitted, after]) checkShape(stats)
    const unknown = { sequence: before.sequence, trigger: before.trigger, liveBytes: before.liveBytes }
    assert.deepEqual(unknown, { sequence: null, trigger: null, liveBytes: null })
    assert.deepEqual([before.num_full_gc, before.pauses], [0, []])
    assert.ok(before.used_heap_size > 0, 'the heap is read even before the first collection')
    assert.equal(after.sequence, emitted.sequence)
    assert.equal(after.liveBytes, emitted.liveBytes)
  })

  it('tells the numbers of the collection that it is about, and V8\'s own of the heap', async () => {
    const { stats, heap, memory, startedMs, endedMs } = await inChild(async (memwatch, { collect }) => {
      const buffer = Buffer.alloc(8 << 20)
      memwatch.on('stats', () => {})
      const startedMs = Date.now()
      const stats = await collect()
      const heap = require('node:v8').getHeapStatistics()
      return { stats, heap, memory: process.memoryUsage(), startedMs, endedMs: Date.now(), kept: buffer.length }
    })
    assert.equal(stats.used_heap_size, stats.liveBytes)
    assert.equal(stats.current_base, stats.liveBytes)
    assert.equal(stats.heap_size_limit, heap.heap_size_limit)
    assert.equal(stats.nativeContexts, heap.number_of_native_contexts)
    assert.equal(stats.detachedContexts, heap.number_of_detached_contexts)
    assert.ok(stats.total_heap_size >= stats.used_heap_size)
    // Read some microtasks later: what was allocated meanwhile is far below a tenth.
    assert.ok(Math.abs(stats.used_heap_size - heap.used_heap_size) < heap.used_heap_size / 10)
    assert.ok(stats.externalBytes >= 8 << 20 && stats.externalBytes < 64 << 20, `${stats.externalBytes}`)
    assert.ok(stats.arrayBufferBytes >= 8 << 20 && stats.arrayBufferBytes < 64 << 20, `${stats.arrayBufferBytes}`)
    assert.ok(stats.rssBytes > memory.rss / 2 && stats.rssBytes < memory.rss * 2, `${stats.rssBytes}`)
    assert.ok(stats.cgroupLimitBytes === null || stats.cgroupLimitBytes > 0)
    assert.ok(stats.gc_ts / 1e3 >= startedMs - 1 && stats.gc_ts / 1e3 <= endedMs + 1, 'microseconds since 1970')
    assert.ok(stats.gc_time > 0)
    assert.equal(stats.gc_time, stats.gcMarkSweepCompactTime, 'there was but one full collection')
  })

  it('counts full collections and all others apart, in the fields of both ancestors', async () => {
    const [first, second] = await inChild(async (memwatch, { collect }) => {
      memwatch.on('stats', () => {})
      const first = await collect()
      for (let at = 0; at < 3; at++) globalThis.gc({ type: 'minor' })
      return [first, await collect()]
    })
    assert.deepEqual([first.num_full_gc, second.num_full_gc], [1, 2])
    assert.deepEqual([first.gcMarkSweepCompactCount, second.gcMarkSweepCompactCount], [1, 2])
    assert.deepEqual([first.heap_compactions, second.heap_compactions], [1, 2])
    assert.ok(second.gcScavengeCount - first.gcScavengeCount >= 3)
    assert.ok(second.gcScavengeTime > first.gcScavengeTime)
    for (const stats of [first, second]) {
      assert.equal(stats.num_inc_gc,
        stats.gcScavengeCount + stats.gcIncrementalMarkingCount + stats.gcProcessWeakCallbacksCount)
    }
  })

  it('keeps the extremes of the live heap from the third full collection on', async () => {
    const series = await inChild(async (memwatch, { collect, hold }) => {
      memwatch.on('stats', () => {})
      const series = []
      for (const megabytes of [9, 1, 4, 2, 6, 3]) {
        hold(megabytes << 20)
        series.push(await collect())
      }
      return series
    })
    assert.deepEqual(series.slice(0, 2).map(({ min, max }) => [min, max]), [[0, 0], [0, 0]])
    const last = series.at(-1)
    assert.deepEqual([last.min, last.max], [series[3].liveBytes, series[4].liveBytes])
    assert.ok(last.max - last.min > 3 << 20, 'six megabytes were held, then two')
  })

  it('follows a heap that grows with its rates, and one that shrinks with no way to a limit', async () => {
    const { growing, shrinking } = await inChild(async (memwatch, { collect, hold }) => {
      memwatch.on('stats', () => {})
      // Natural collections alone make the growth rate: a roomy heap has none, so there is no rate.
      const growing = []
      for (let megabytes = 1; megabytes <= 4; megabytes++) {
        hold(megabytes << 20)
        growing.push(await collect())
      }
      hold(0)
      return { growing, shrinking: await collect() }
    })
    for (const stats of growing) {
      assert.equal(stats.trigger, 'forced')
      assert.equal(stats.growthBytesPerHour, null, 'collections that somebody forced say nothing about the load')
    }
    const [first, second] = growing
    assert.equal(first.gcTimeRatio, null, 'there is no collection before the first')
    assert.ok(second.gcTimeRatio > 0 && second.gcTimeRatio <= 1)
    // The heap before a collection is known to V8's callbacks alone.
    if (MODE === 'native') assert.ok(second.promotionBytesPerSecond > 0)
    else assert.equal(second.promotionBytesPerSecond, null)
    assert.equal(shrinking.heapLimitInMs, null)
  })

  it('measures the growth of a hoard over the full collections that V8 makes by itself', async () => {
    const stats = await inChild(async (memwatch, { turn }) => {
      const seen = []
      memwatch.on('stats', (stats) => seen.push(stats))
      const hoard = []
      while (!seen.at(-1)?.growthBytesPerHour) {
        for (let at = 0; at < 5000; at++) hoard.push(new Array(100).fill(at))
        await turn()
      }
      return { ...seen.at(-1), kept: hoard.length }
    }, { flags: ['--initial-old-space-size=4', '--max-semi-space-size=1'] })
    assert.equal(stats.trigger, 'natural')
    const { low, estimate, high } = stats.growthBytesPerHour
    assert.ok(low <= estimate && estimate <= high)
    assert.ok(estimate > 0, 'the hoard only grows')
    assert.ok(stats.heapLimitInMs > 0)
  })

  it('tells pauses by kind, and the watcher\'s own time where there is one', async () => {
    const { pauses } = await inChild(async (memwatch, { collect }) => {
      memwatch.on('stats', () => {})
      for (let at = 0; at < 4; at++) globalThis.gc({ type: 'minor' })
      await collect()
      return collect()
    })
    const full = pauses.find(({ kind }) => kind === 'mark-compact')
    const scavenges = pauses.find(({ kind }) => kind === 'scavenge')
    assert.equal(full.count, 2)
    assert.ok(scavenges.count >= 4)
    for (const { p50Ms, p90Ms, p99Ms, maxMs, watcherP50Ns, watcherP99Ns } of [full, scavenges]) {
      assert.ok(p50Ms > 0 && p50Ms <= p90Ms && p90Ms <= p99Ms)
      assert.ok(p99Ms <= maxMs * 17 / 16)
      if (MODE === 'native') assert.ok(watcherP50Ns > 0 && watcherP50Ns <= watcherP99Ns)
      else assert.deepEqual([watcherP50Ns, watcherP99Ns], [null, null])
    }
  })

  it('sees a context that is opened and one that is let go', async () => {
    const counts = await inChild(async (memwatch, { collect }) => {
      memwatch.on('stats', () => {})
      const counts = [(await collect()).nativeContexts]
      const holder = { context: require('node:vm').createContext({}) }
      counts.push((await collect()).nativeContexts)
      delete holder.context
      await collect()
      counts.push((await collect()).nativeContexts)
      return counts
    })
    assert.deepEqual(counts, [counts[0], counts[0] + 1, counts[0]])
  })

  it('comes once for each full collection and never for a scavenge', async () => {
    const { seen, reported } = await inChild(async (memwatch, { untilNodeReports }) => {
      const seen = []
      memwatch.on('stats', ({ sequence }) => seen.push(sequence))
      await untilNodeReports(() => {
        for (let at = 0; at < 5; at++) {
          globalThis.gc({ type: 'minor' })
          globalThis.gc()
        }
      })
      const full = memwatch.history().events.filter(({ kind }) => kind === 'mark-compact')
      return { seen, reported: full.map(({ sequence }) => sequence) }
    })
    assert.ok(reported.length >= 5)
    if (MODE === 'native') {
      assert.deepEqual(seen, reported)
    } else {
      // The heap was not read between the collections of one turn, so that some are told as one.
      assert.ok(seen.length >= 1 && seen.length <= reported.length)
      assert.deepEqual(new Set(seen).size, seen.length)
      assert.equal(seen.at(-1), reported.at(-1))
    }
  })

  it('follows memwatch.gc() in a later turn, with the trigger that is known', async () => {
    const { during, stats } = await inChild(async (memwatch) => {
      let stats = null
      const seen = new Promise((resolve) => memwatch.on('stats', (one) => resolve(stats = one)))
      memwatch.gc()
      const during = stats
      return { during, stats: await seen }
    })
    assert.equal(during, null, 'no listener runs inside gc()')
    assert.equal(stats.trigger, MODE === 'native' ? 'requested' : 'forced')
  })
})

describe('mode', () => {
  it('is the one that this run is about, and says why when it is the fallback', async () => {
    const { mode, fallbackReason, capabilities } = await inChild((memwatch) =>
      ({ mode: memwatch.mode, fallbackReason: memwatch.fallbackReason, capabilities: memwatch.capabilities }))
    assert.equal(mode, MODE)
    if (MODE === 'native') assert.equal(fallbackReason, null)
    else assert.match(fallbackReason, /MEMWATCH_FORCE_FALLBACK/)
    // What the executable offers does not depend on the mode.
    const { backgroundCaptureReason, ...offered } = capabilities
    assert.ok(Object.values(offered).every((one) => one === true), JSON.stringify(offered))
    assert.equal(backgroundCaptureReason, null)
  })
})
