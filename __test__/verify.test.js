// `memwatch-rs verify`: what it makes of the series recordings of two programs.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { inChild, temporaryFolder } = require('./child')
const { cli, paced, record, recorded } = require('./recordings')

describe('verify', () => {
  const rising = Array.from({ length: 40 }, (_, at) => at + 1)
  const files = {}
  const folder = temporaryFolder({ after })

  before(async () => {
    for (const [name, megabytes] of [
      ['leaking', rising], ['fixed', rising.map((at) => 20 + at % 2 / 8)], ['slower', rising.map((at) => 1 + at / 4)]
    ]) {
      files[name] = path.join(folder, `${name}.series`)
      await inChild(record, { argument: { file: files[name], megabytes, ending: 'stop' } })
      files[`paced ${name}`] = paced(files[name])
    }
  })

  for (const [first, second, verdict, status] of [
    ['leaking', 'fixed', 'fixed', 0],
    ['paced leaking', 'paced slower', 'better', 3],
    ['fixed', 'leaking', 'not fixed', 3],
    ['leaking', 'leaking', 'not fixed', 3],
    ['fixed', 'fixed', 'cannot tell', 4]
  ]) {
    it(`tells of a ${first} and then a ${second} program: ${verdict}`, async () => {
      const { code, stdout, stderr } = await cli('verify', files[first], files[second])
      assert.deepEqual({ code, stderr }, { code: status, stderr: '' }, stdout)
      assert.match(stdout, new RegExp(`^verdict: ${verdict}$`, 'm'))
    })
  }

  it('gives its numbers as JSON', async () => {
    const { code, stdout } = await cli('verify', files.leaking, files.fixed, '--json')
    assert.equal(code, 0)
    const { verdict, reasons, before, after, difference } = JSON.parse(stdout)
    assert.equal(verdict, 'fixed')
    assert.ok(reasons.length >= 3)
    const MB = 1 << 20
    for (const [{ low, estimate, high }, expected] of [
      [before.bytesPerCollection, MB], [after.bytesPerCollection, 0], [difference.bytesPerCollection, -MB]
    ]) {
      assert.ok(low <= estimate && estimate <= high)
      assert.ok(Math.abs(estimate - expected) < MB / 20, `${estimate}`)
    }
    assert.ok(before.bytesPerHour.low > 0 && difference.bytesPerHour.high < 0)
    assert.deepEqual([before.readings, before.usedReadings, before.cutLine], [40, 30, null])
    const { p, deals, isExact } = difference
    assert.deepEqual({ deals, isExact }, { deals: 252, isExact: true })
    assert.ok(p > 0 && p <= 0.01)
  })

  it('cannot tell from a few readings, and says how many it needs', async (t) => {
    const { file } = await recorded(t, [1, 2, 3])
    const { code, stdout } = await cli('verify', file, files.fixed)
    assert.equal(code, 4)
    assert.match(stdout, /\nverdict: cannot tell\n- before has 3 full collections, 24 are needed\n$/)
  })
})
