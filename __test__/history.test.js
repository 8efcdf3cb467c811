// `history()`: one record a collection in a ring of fixed size that counts what it has overwritten.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { MODE, inChild } = require('./child')

const SIZES = [
  'usedBeforeBytes', 'usedAfterBytes', 'totalBeforeBytes', 'totalAfterBytes', 'physicalBeforeBytes',
  'physicalAfterBytes', 'externalBeforeBytes', 'externalAfterBytes', 'mallocedBeforeBytes', 'mallocedAfterBytes',
  'limitBytes', 'nativeContexts', 'detachedContexts', 'usedGlobalHandlesBytes'
]
const ALWAYS = [
  'sequence', 'kind', 'trigger', 'startNs', 'endUnixMs', 'pauseMs', 'newSpaceBeforeBytes', 'newSpaceAfterBytes'
]

describe('history', () => {
  it('is empty before the monitor runs, in both forms', async () => {
    const { objects, columns } = await inChild((memwatch) => {
      globalThis.gc()
      return { objects: memwatch.history(), columns: memwatch.history({ as: 'columns' }) }
    })
    assert.deepEqual(objects, { events: [], lost: 0 })
    assert.deepEqual([columns.length, columns.lost, columns.sequence.length, columns.kind.length], [0, 0, 0, 0])
  })

  it('has one record a collection, in order, on the clocks of the process', async () => {
    const { events, lost, startedNs, endedNs, startedMs, endedMs } = await inChild(
      async (memwatch, { untilNodeReports }) => {
        const startedNs = process.hrtime.bigint()
        const startedMs = Date.now()
        memwatch.start()
        await untilNodeReports(() => {
          globalThis.gc({ type: 'minor' })
          globalThis.gc({ type: 'minor' })
          globalThis.gc()
        })
        return { ...memwatch.history(), startedNs, endedNs: process.hrtime.bigint(), startedMs, endedMs: Date.now() }
      })
    assert.equal(lost, 0)
    assert.deepEqual(events.map(({ sequence }) => sequence), events.map((_, at) => at))
    const forced = events.filter(({ trigger }) => trigger === 'forced')
    assert.deepEqual(forced.map(({ kind }) => kind), ['scavenge', 'scavenge', 'mark-compact'])
    let lastNs = startedNs
    for (const event of events) {
      assert.deepEqual(Object.keys(event).sort(), [...SIZES, ...ALWAYS].sort())
      assert.equal(typeof event.startNs, 'bigint')
      assert.ok(event.startNs >= lastNs && event.startNs <= endedNs)
      assert.ok(event.endUnixMs >= startedMs - 1 && event.endUnixMs <= endedMs + 1)
      assert.ok(event.pauseMs > 0)
      lastNs = event.startNs
    }
  })

  it('says what it has read and nothing that it has not', async () => {
    const { events } = await inChild(async (memwatch, { hold, untilNodeReports }) => {
      memwatch.start()
      await untilNodeReports(() => {
        globalThis.gc({ type: 'minor' })
        // Where next to nothing is garbage, V8 may have a little more in use after a collection than before.
        hold(8 << 20)
        hold(0)
        globalThis.gc()
      })
      return memwatch.history()
    })
    const scavenge = events.find(({ kind }) => kind === 'scavenge')
    const full = events.find(({ kind }) => kind === 'mark-compact')
    for (const name of SIZES) assert.equal(scavenge[name], null, name)
    const sizes = SIZES.filter((name) => !name.includes('Before') || MODE === 'native')
    for (const name of sizes) assert.ok(full[name] >= 0 && Number.isFinite(full[name]), `${name} is ${full[name]}`)
    assert.ok(full.usedAfterBytes > 1 << 20 && full.usedAfterBytes <= full.totalAfterBytes)
    assert.ok(full.limitBytes > full.totalAfterBytes)
    if (MODE === 'native') {
      assert.ok(scavenge.newSpaceBeforeBytes > 0 && scavenge.newSpaceAfterBytes <= scavenge.newSpaceBeforeBytes)
      assert.ok(full.usedBeforeBytes > full.usedAfterBytes + (4 << 20))
      assert.ok(full.usedBeforeBytes <= full.totalBeforeBytes)
    } else {
      // The collection is over when the fallback hears of it.
      for (const name of SIZES.filter((name) => name.includes('Before'))) assert.equal(full[name], null, name)
    }
  })

  it('reads the heap at scavenges too while somebody traces, where there are callbacks', async () => {
    const scavenges = await inChild(async (memwatch, { untilNodeReports }) => {
      const collect = () => untilNodeReports(() => {
        globalThis.gc({ type: 'minor' })
        globalThis.gc()
      })
      memwatch.start()
      await collect()
      const end = memwatch.traceGc({ write () {} })
      await collect()
      end()
      await collect()
      return memwatch.history().events.filter(({ kind, trigger }) => kind === 'scavenge' && trigger === 'forced')
    })
    assert.equal(scavenges.length, 3)
    const known = scavenges.map(({ usedBeforeBytes, usedAfterBytes }) => usedBeforeBytes > 0 && usedAfterBytes > 0)
    assert.deepEqual(known, [false, MODE === 'native', false])
  })

  it('is the same as columns', async () => {
    const { events, columns } = await inChild(async (memwatch, { untilNodeReports }) => {
      memwatch.start()
      await untilNodeReports(() => {
        globalThis.gc({ type: 'minor' })
        globalThis.gc()
      })
      memwatch.stop()
      return { ...memwatch.history({ as: 'objects' }), columns: memwatch.history({ as: 'columns' }) }
    })
    const { length, lost, ...fields } = columns
    assert.deepEqual([length, lost], [events.length, 0])
    assert.ok(length >= 2)
    assert.deepEqual(Object.keys(fields).sort(), [...SIZES, ...ALWAYS].sort())
    for (const [name, values] of Object.entries(fields)) {
      assert.equal(values.length, length, name)
      const isText = name === 'kind' || name === 'trigger'
      const type = isText ? Array : name === 'startNs' ? BigUint64Array : Float64Array
      assert.ok(values instanceof type, name)
      assert.deepEqual(Array.from(values, (value) => Number.isNaN(value) ? null : value),
        events.map((event) => event[name]), name)
    }
  })

  it('begins with the record that is asked for', async () => {
    const { all, since, beyond } = await inChild(async (memwatch, { untilNodeReports }) => {
      memwatch.start()
      await untilNodeReports(() => { for (let at = 0; at < 4; at++) globalThis.gc() })
      memwatch.stop()
      return {
        all: memwatch.history(),
        since: memwatch.history({ since: 2 }),
        beyond: memwatch.history({ since: 1_000_000 })
      }
    })
    assert.deepEqual(since, { events: all.events.slice(2), lost: 0 })
    assert.deepEqual(beyond, { events: [], lost: 0 })
  })

  it('keeps the newest of more collections than it has room for, and counts the others', async () => {
    const { history, since, columns } = await inChild(async (memwatch, { untilNodeReports }) => {
      memwatch.configure({ capacity: 8 }).start()
      await untilNodeReports(() => {
        for (let at = 0; at < 29; at++) globalThis.gc({ type: 'minor' })
        globalThis.gc()
      })
      memwatch.stop()
      return {
        history: memwatch.history(),
        since: memwatch.history({ since: 5 }),
        columns: memwatch.history({ as: 'columns' })
      }
    })
    const total = history.events.at(-1).sequence + 1
    assert.ok(total >= 30)
    assert.deepEqual(history.events.map(({ sequence }) => sequence), Array.from({ length: 8 }, (_, at) => total - 8 + at))
    assert.deepEqual([history.lost, since.lost, columns.lost], [total - 8, total - 13, total - 8])
  })

  it('loses no event without counting it', async () => {
    const { stats, seen, total } = await inChild(async (memwatch, { untilNodeReports }) => {
      let stats
      let seen = 0
      memwatch.configure({ capacity: 4 }).on('stats', (one) => {
        stats = one
        seen++
      })
      await untilNodeReports(() => { for (let at = 0; at < 20; at++) globalThis.gc() })
      return { stats, seen, total: memwatch.history().events.at(-1).sequence + 1 }
    })
    assert.ok(total >= 20)
    assert.equal(stats.num_full_gc + stats.num_inc_gc, total, 'totals do not depend on the ring')
    if (MODE === 'native') {
      // Nobody could read between the twenty: the ring of four was overwritten.
      assert.equal(seen, 4)
      assert.equal(stats.lostRecords + seen, total)
    } else {
      // All twenty are reported in one batch, and processed after it.
      assert.ok(seen >= 1 && seen <= 4)
      assert.ok(stats.lostRecords + 4 >= total)
    }
    assert.equal(stats.lostEvents, 0)
  })

  it('keeps its newest records when the capacity changes while it runs', async () => {
    const { before, smaller, larger } = await inChild(async (memwatch, { untilNodeReports }) => {
      const collect = (times) => untilNodeReports(() => { while (times-- > 0) globalThis.gc() })
      const numbers = () => memwatch.history().events.map(({ sequence }) => sequence)
      memwatch.start()
      await collect(6)
      const before = numbers()
      memwatch.configure({ capacity: 3 })
      await collect(1)
      const smaller = numbers()
      memwatch.configure({ capacity: 64 })
      await collect(1)
      return { before, smaller, larger: numbers() }
    })
    const next = before.length
    assert.deepEqual(smaller, [next - 2, next - 1, next])
    assert.deepEqual(larger, [next - 2, next - 1, next, next + 1])
  })
})
