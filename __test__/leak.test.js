// `leak`: memwatch's five rises, and the threshold. Each leak has a twin that looks alike and is none.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { inChild } = require('./child')

const MB = 1 << 20

/** Holds so many megabytes, one size after the other, a full collection after each. */
async function holdInTurn (memwatch, { collect, hold }, { megabytes }) {
  const leaks = []
  const live = []
  memwatch.configure({ detector: 'classic' })
  memwatch.on('leak', (leak) => leaks.push({ ...leak, afterReadings: live.length }))
  memwatch.on('stats', ({ liveBytes }) => live.push(liveBytes))
  for (const one of megabytes) {
    hold(one * (1 << 20))
    await collect()
  }
  return { leaks, live, config: memwatch.config }
}

/** The same, but the sizes are those of the whole live heap. */
async function growTo (memwatch, { collect, hold }, { megabytes, threshold }) {
  const leaks = []
  const live = []
  memwatch.configure({ threshold })
  memwatch.on('leak', (leak) => leaks.push({ ...leak, afterReadings: live.length }))
  memwatch.on('stats', () => {})
  const base = (await collect()).liveBytes
  for (const one of megabytes) {
    hold(one * (1 << 20) - base)
    live.push((await collect()).liveBytes)
  }
  return { leaks, live, config: memwatch.config }
}

function checkInterval (interval) {
  assert.deepEqual(Object.keys(interval).sort(), ['estimate', 'high', 'low'])
  assert.ok(interval.low <= interval.estimate && interval.estimate <= interval.high, JSON.stringify(interval))
}

function checkPayload (leak) {
  const { afterReadings, ...payload } = leak
  assert.deepEqual(Object.keys(payload).sort(), [
    'bytesPerHour', 'bytesPerHourInterval', 'detector', 'end', 'eta', 'evidence', 'growth', 'id', 'kind', 'liveBytes',
    'message', 'reason', 'severity', 'start', 'state', 'suspects', 'thresholdBytes'
  ])
  assert.ok(leak.start instanceof Date && leak.end instanceof Date && leak.start < leak.end)
  assert.deepEqual([leak.state, leak.kind], ['suspect', 'js-heap'])
  assert.ok(leak.message.length > 0)
  assert.ok(leak.bytesPerHour > 0)
  checkInterval(leak.bytesPerHourInterval)
  assert.equal(leak.bytesPerHourInterval.estimate, leak.bytesPerHour)
  assert.deepEqual(Object.keys(leak.eta).sort(), ['cgroupLimitMs', 'heapLimitMs'])
  checkInterval(leak.eta.heapLimitMs)
  assert.ok(leak.eta.heapLimitMs.estimate > 0)
  if (leak.eta.cgroupLimitMs !== null) checkInterval(leak.eta.cgroupLimitMs)
  assert.deepEqual(leak.evidence.map(({ signal }) => signal), ['post-gc-heap'])
  assert.match(leak.evidence[0].detail, /mb/)
  const { note, ...suspects } = leak.suspects
  assert.deepEqual(suspects, { allocationStacks: null, classes: null, routes: null, retainerPaths: null })
  assert.match(note, /not looked for/)
}

describe('the classic rule', () => {
  it('reports a heap that rose at five full collections in a row, with the whole payload', async () => {
    const { leaks, live } = await inChild(holdInTurn, { argument: { megabytes: [1, 2, 3, 4, 5, 6] } })
    assert.equal(leaks.length, 1)
    const [leak] = leaks
    checkPayload(leak)
    assert.equal(leak.detector, 'classic')
    assert.equal(leak.growth, live[5] - live[0])
    assert.equal(leak.liveBytes, live[5])
    assert.equal(leak.thresholdBytes, null)
    assert.match(leak.reason, /^heap growth over 5 consecutive GCs \(\d+s\) - [\d.]+ mb\/hr$/)
  })

  it('is quiet about a cache that rises four times, is emptied, and rises four times again', async () => {
    const megabytes = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
    const { leaks, live } = await inChild(holdInTurn, { argument: { megabytes } })
    assert.ok(live.length >= megabytes.length)
    assert.deepEqual(leaks, [])
  })

  it('reports a heap that goes on rising once every five rises', async () => {
    const megabytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    const { leaks, live } = await inChild(holdInTurn, { argument: { megabytes } })
    assert.deepEqual(leaks.map(({ growth }) => growth), [live[5] - live[0], live[10] - live[5]])
  })

  it('does not count rises across a time in which nobody watched', async () => {
    const leaks = await inChild(async (memwatch, { collect, hold }) => {
      const leaks = []
      memwatch.configure({ detector: 'classic' })
      const listen = () => memwatch.on('stats', () => {}).on('leak', ({ growth }) => leaks.push(growth))
      listen()
      for (const megabytes of [1, 2, 3, 4]) {
        hold(megabytes << 20)
        await collect()
      }
      memwatch.stop().removeAllListeners()
      listen()
      for (const megabytes of [5, 6, 7]) {
        hold(megabytes << 20)
        await collect()
      }
      return leaks
    })
    assert.deepEqual(leaks, [])
  })

  it('watches for a listener to leak alone', async () => {
    const growth = await inChild(async (memwatch, { untilNodeReports, hold }) => {
      let growth = null
      memwatch.configure({ detector: 'classic' })
      memwatch.on('leak', (leak) => { growth = leak.growth })
      for (const megabytes of [1, 2, 3, 4, 5, 6]) {
        hold(megabytes << 20)
        await untilNodeReports(() => globalThis.gc())
      }
      return growth
    })
    assert.ok(growth > 4 * MB, `${growth}`)
  })
})

describe('the threshold', () => {
  // Below, across, above, a little below (not yet armed again), above, below a tenth (armed), across.
  const megabytes = [15, 25, 27, 19, 22, 15, 25]

  for (const threshold of ['20 MB', 20 * MB]) {
    it(`of ${typeof threshold} ${threshold} is reported once a crossing, and armed again a tenth below`, async () => {
      const { leaks, live, config } = await inChild(growTo, { argument: { megabytes, threshold } })
      const promises = leaks.filter(({ detector }) => detector === 'threshold')
      assert.equal(config.threshold, 20 * MB)
      assert.deepEqual(promises.map(({ afterReadings }) => afterReadings), [1, 6], JSON.stringify(live))
      for (const leak of promises) {
        checkPayload(leak)
        assert.equal(leak.reason, 'threshold')
        assert.equal(leak.thresholdBytes, 20 * MB)
        assert.ok(leak.liveBytes > 20 * MB)
        assert.match(leak.message, /passed the threshold of 20 mb/)
      }
      assert.deepEqual(promises.map(({ liveBytes }) => liveBytes), [live[1], live[6]])
      assert.deepEqual(promises.map(({ growth }) => growth), [live[1] - live[0], live[6] - live[5]])
    })
  }

  it('is quiet about a heap that comes close, often', async () => {
    const argument = { megabytes: [15, 19, 16, 19, 15, 19, 17, 19], threshold: '20 MB' }
    const { leaks, live } = await inChild(growTo, { argument })
    assert.ok(Math.max(...live) > 18 * MB, 'it did come close')
    assert.deepEqual(leaks, [])
  })

  it('is quiet about garbage, however much of it', async () => {
    const leaks = await inChild(async (memwatch, { collect, hold }) => {
      const leaks = []
      memwatch.configure({ threshold: '20 MB' })
      memwatch.on('stats', () => {}).on('leak', (leak) => leaks.push(leak))
      for (let at = 0; at < 5; at++) {
        hold(40 << 20)
        hold(0)
        await collect()
      }
      return leaks
    })
    assert.deepEqual(leaks.filter(({ detector }) => detector === 'threshold'), [])
  })

  it('can be taken back', async () => {
    const leaks = await inChild(async (memwatch, { collect, hold }) => {
      const leaks = []
      memwatch.on('stats', () => {}).on('leak', (leak) => leaks.push(leak))
      for (const none of [null, false]) {
        memwatch.configure({ threshold: '20 MB' })
        memwatch.configure({ threshold: none })
        hold(40 << 20)
        await collect()
        hold(0)
        await collect()
      }
      return { leaks, threshold: memwatch.config.threshold }
    })
    assert.deepEqual(leaks, { leaks: [], threshold: null })
  })
})
