// cluster: every process has a monitor and a flight recording of its own, and ends when it should.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, inChild, temporaryFolder } = require('./child')

const WORKER = `
  const memwatch = require(process.env.MEMWATCH_TEST_PACKAGE)
  const before = memwatch.config
  memwatch.configure({ recorder: process.env.MEMWATCH_TEST_FOLDER + '/%p.memwatch' })
  memwatch.once('stats', ({ num_full_gc: full }) => {
    memwatch.on('stats', () => {})
    process.send({ pid: process.pid, full, before, recorder: memwatch.config.recorder }, () => process.disconnect())
  })
  memwatch.gc()`

describe('cluster', () => {
  it('watches each process apart', async (t) => {
    const folder = temporaryFolder(t)
    const script = path.join(folder, 'worker.js')
    fs.writeFileSync(script, WORKER)
    const { told, codes, mine, collected } = await inChild(async (memwatch, { turn, untilNodeReports }, options) => {
      const cluster = require('node:cluster')
      let mine = 0
      memwatch.configure({ capacity: 16 }).on('stats', () => mine++)
      cluster.setupPrimary({ exec: options.script })
      const told = []
      const codes = []
      await Promise.all([1, 2].map(() => new Promise((resolve) => {
        const worker = cluster.fork({ MEMWATCH_TEST_PACKAGE: options.package, MEMWATCH_TEST_FOLDER: options.folder })
        worker.on('message', (one) => told.push(one))
        worker.on('exit', (code, signal) => {
          codes.push([code, signal])
          resolve()
        })
      })))
      await turn()
      const before = mine
      await untilNodeReports(() => globalThis.gc())
      return { told, codes, mine: before, collected: mine }
    }, { argument: { script, folder, package: PACKAGE } })
    assert.deepEqual(codes, [[0, null], [0, null]], 'both end by themselves, with listeners on')
    assert.equal(new Set(told.map(({ pid }) => pid)).size, 2)
    for (const { pid, full, before, recorder } of told) {
      assert.ok(full >= 1)
      assert.deepEqual(before, { capacity: 4096, threshold: null, detector: 'trend', captures: true, allocations: true, recorder: null, record: null, nearHeapLimit: null })
      assert.equal(recorder, path.join(folder, `${pid}.memwatch`))
      assert.ok(fs.existsSync(recorder))
    }
    assert.deepEqual([mine, collected], [0, 1], 'the primary sees its own collections only')
  })
})
