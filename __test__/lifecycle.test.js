// From the first listener to the end of the process: what starts the monitor, what ends it, what it delays.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { MODE, inChild, runChild, startChild, temporaryFolder } = require('./child')

/** Ends the process when nothing keeps it alive, and says what was still open then. */
async function leaveRunning (memwatch, { say }, { folder }) {
  process.once('beforeExit', () => {
    say('open at the end', { open: process.getActiveResourcesInfo().sort(), running: memwatch?.running })
  })
  globalThis.gc()
  if (memwatch === null) return
  memwatch.configure({ recorder: `${folder}/flight`, threshold: 1 })
  memwatch.on('stats', () => {}).on('leak', () => {})
  memwatch.traceGc({ write () {} })
  memwatch.start()
  globalThis.gc()
}

describe('the process', () => {
  it('ends by itself with listeners on and a wake-up pending, as it does without the package', async (t) => {
    const argument = { folder: temporaryFolder(t) }
    const [control, watched] = await Promise.all([false, true].map((load) => {
      const { ended, said } = startChild(leaveRunning, { argument, load, keepAlive: false })
      return Promise.all([ended, said('open at the end')])
    }))
    for (const [{ code, signal, stderr }] of [control, watched]) {
      assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
    }
    assert.equal(watched[1].running, true)
    assert.deepEqual(watched[1].open, control[1].open)
  })

  it('keeps its exit code, in a listener too', async () => {
    for (const where of ['outside', 'in a listener', 'exitCode']) {
      const { code, signal, stderr } = await runChild(async (memwatch, { collect }, where) => {
        if (where === 'exitCode') process.exitCode = 7
        memwatch.on('stats', () => { if (where === 'in a listener') process.exit(7) })
        globalThis.gc()
        if (where === 'outside') process.exit(7)
        await collect()
      }, { argument: where })
      assert.deepEqual({ code, signal, stderr }, { code: 7, signal: null, stderr: '' }, where)
    }
  })

  it('delivers what memwatch.gc() has collected before it ends', async () => {
    const seen = await inChild((memwatch, { say }) => new Promise((resolve) => {
      memwatch.once('stats', ({ num_full_gc: full }) => resolve(full))
      memwatch.gc()
    }), { keepAlive: false })
    assert.ok(seen >= 1)
  })
})

describe('the monitor', () => {
  it('runs while somebody listens to one of its own events', async () => {
    const states = await inChild((memwatch) => {
      const states = {}
      const listener = () => {}
      for (const event of ['stats', 'leak', 'other']) {
        for (const [add, remove] of [['on', 'off'], ['addListener', 'removeListener'], ['once', 'off'],
          ['prependListener', 'removeListener'], ['prependOnceListener', 'off']]) {
          memwatch[add](event, listener)
          const during = memwatch.running
          memwatch[remove](event, listener)
          states[`${event} ${add} ${remove}`] = [during, memwatch.running]
        }
        memwatch.on(event, listener).removeAllListeners(event)
        const byName = memwatch.running
        memwatch.on(event, listener).removeAllListeners()
        states[`${event} removeAllListeners`] = [byName, memwatch.running]
      }
      return states
    })
    for (const [name, [during, after]] of Object.entries(states)) {
      const starts = !name.startsWith('other') && !name.endsWith('removeAllListeners')
      assert.deepEqual([during, after], [starts, false], name)
    }
  })

  it('delivers nothing to those who left, even of what had happened before', async () => {
    const { seen, running, kept } = await inChild(async (memwatch, { untilNodeReports }) => {
      const seen = { control: 0, off: 0, all: 0, once: 0 }
      memwatch.on('stats', () => seen.control++)
      await untilNodeReports(() => globalThis.gc())
      memwatch.removeAllListeners()
      const listener = () => seen.off++
      memwatch.on('stats', listener)
      await untilNodeReports(() => {
        globalThis.gc()
        memwatch.off('stats', listener)
      })
      memwatch.on('stats', () => seen.all++).on('leak', () => seen.all++)
      await untilNodeReports(() => {
        globalThis.gc()
        memwatch.removeAllListeners()
      })
      memwatch.once('stats', () => seen.once++)
      await untilNodeReports(() => globalThis.gc())
      const kept = memwatch.history().events.length
      await untilNodeReports(() => globalThis.gc())
      return { seen, running: memwatch.running, kept: [kept, memwatch.history().events.length] }
    })
    assert.deepEqual(seen, { control: 1, off: 0, all: 0, once: 1 })
    assert.equal(running, false)
    assert.equal(kept[0], kept[1], 'nothing is recorded when nobody listens')
  })

  it('stops for good with stop(), until somebody listens or starts it again', async () => {
    const { seen, states, recorded } = await inChild(async (memwatch, { untilNodeReports }) => {
      const seen = []
      const states = []
      const recorded = []
      let count = 0
      const step = async (work) => {
        await untilNodeReports(work)
        seen.push(count)
        states.push(memwatch.running)
        recorded.push(memwatch.history().events.filter(({ kind }) => kind === 'mark-compact').length)
      }
      memwatch.on('stats', () => count++)
      await step(() => globalThis.gc())
      await step(() => {
        globalThis.gc()
        memwatch.stop()
      })
      await step(() => globalThis.gc())
      await step(() => {
        memwatch.start()
        globalThis.gc()
      })
      await step(() => {
        memwatch.stop()
        memwatch.on('leak', () => {})
        globalThis.gc()
      })
      return { seen, states, recorded }
    })
    assert.deepEqual(states, [true, false, false, true, true])
    assert.deepEqual(seen, [1, 1, 1, 2, 3])
    // V8's callbacks saw the collection right before stop(); perf_hooks had not told of it yet.
    assert.deepEqual(recorded, MODE === 'native' ? [1, 2, 2, 3, 4] : [1, 1, 1, 2, 3])
  })

  it('records without listeners between start() and stop()', async () => {
    const counts = await inChild(async (memwatch, { untilNodeReports }) => {
      const counts = []
      for (const change of [() => {}, () => memwatch.start(), () => memwatch.stop()]) {
        change()
        await untilNodeReports(() => globalThis.gc())
        counts.push([memwatch.running, memwatch.history().events.length > 0, memwatch.stats().num_full_gc])
      }
      return counts
    })
    assert.deepEqual(counts, [[false, false, 0], [true, true, 1], [false, true, 1]])
  })

  it('can be started and stopped many times, and each collection is seen once', async () => {
    const { full, running } = await inChild(async (memwatch, { untilNodeReports }) => {
      let full = 0
      for (let at = 0; at < 500; at++) {
        memwatch.start()
        memwatch.stop()
      }
      memwatch.on('stats', () => full++)
      await untilNodeReports(() => globalThis.gc())
      memwatch.removeAllListeners()
      return { full, running: memwatch.running }
    })
    assert.deepEqual({ full, running }, { full: 1, running: false })
  })
})

describe('delivery', () => {
  it('goes on after a listener that throws, whose error is an uncaughtException', async () => {
    const { atOnce, later, caught, others } = await inChild(async (memwatch, { untilNodeReports }) => {
      const seen = []
      const caught = []
      let others = 0
      process.on('uncaughtException', ({ message }) => caught.push(message))
      memwatch.on('stats', ({ sequence }) => {
        seen.push(sequence)
        if (seen.length === 1) throw new Error('of the first listener')
      })
      memwatch.on('stats', () => others++)
      await untilNodeReports(() => { for (let at = 0; at < 3; at++) globalThis.gc() })
      const atOnce = seen.length
      await untilNodeReports(() => globalThis.gc())
      return { atOnce, later: seen.length, caught, others }
    })
    assert.deepEqual(caught, ['of the first listener'])
    if (MODE === 'native') assert.equal(atOnce, 3)
    // The collections of one turn may be told as one: then there is no event behind the one that threw.
    else assert.ok(atOnce >= 1 && atOnce <= 3)
    assert.equal(later, atOnce + 1)
    assert.equal(others, later - 1, 'an emitter ends its round with the listener that throws')
  })

  it('wakes JavaScript once for a thousand collections between two turns', async () => {
    const { seen, atFirstTick, full, lost } = await inChild(async (memwatch, { untilNodeReports }) => {
      const seen = []
      let atFirstTick = null
      memwatch.on('stats', ({ num_full_gc: full }) => {
        // A tick runs as soon as the wake-up that is being served is over.
        if (seen.length === 0) process.nextTick(() => { atFirstTick = seen.length })
        seen.push(full)
      })
      await untilNodeReports(() => {
        for (let at = 0; at < 500; at++) {
          globalThis.gc({ type: 'minor' })
          globalThis.gc()
        }
      })
      const { events, lost } = memwatch.history()
      return { seen, atFirstTick, full: events.filter(({ kind }) => kind === 'mark-compact').length, lost }
    })
    assert.equal(lost, 0)
    assert.ok(full >= 500)
    assert.equal(atFirstTick, seen.length, 'all of them came in one go')
    assert.equal(seen.at(-1), full)
    if (MODE === 'native') assert.deepEqual(seen, Array.from({ length: full }, (_, at) => at + 1))
    // perf_hooks tells of all at once, and the heap is read once.
    else assert.ok(seen.length >= 1 && seen.length <= full)
  })

  it('wakes an event loop that sleeps, where there are callbacks', async () => {
    const seen = await inChild((memwatch, { turnUntil }) => new Promise((resolve) => {
      let seen = false
      memwatch.on('stats', () => {
        seen = true
        resolve(true)
      })
      globalThis.gc()
      // perf_hooks does not wake the loop: the fallback's events come with its next turn, whatever that is for.
      if (memwatch.mode === 'fallback') turnUntil(() => seen)
    }))
    assert.equal(seen, true)
  })

  it('reaches every listener once, in the order in which they came', async () => {
    const order = await inChild(async (memwatch, { untilNodeReports }) => {
      const order = []
      memwatch.on('stats', () => order.push('second'))
      memwatch.once('stats', () => order.push('third'))
      memwatch.prependListener('stats', () => order.push('first'))
      await untilNodeReports(() => globalThis.gc())
      await untilNodeReports(() => globalThis.gc())
      return order
    })
    assert.deepEqual(order, ['first', 'second', 'third', 'first', 'second'])
  })
})
