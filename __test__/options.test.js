// What may be configured, and that a bad option is refused with its code and changes nothing.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { afterEach, describe, it } = require('node:test')
const { inChild, temporaryFolder } = require('./child')
const memwatch = require('..')

const DEFAULTS = { capacity: 4096, threshold: null, detector: 'trend', captures: true, allocations: true, recorder: null, record: null, nearHeapLimit: null }

describe('configure', () => {
  afterEach(() => { memwatch.stop().configure({ capacity: 4096, threshold: null, detector: 'trend' }) })

  it('begins with the defaults, and loading the package starts nothing', async () => {
    const { config, running, listeners } = await inChild((memwatch) =>
      ({ config: memwatch.config, running: memwatch.running, listeners: memwatch.eventNames() }))
    assert.deepEqual({ config, running, listeners }, { config: DEFAULTS, running: false, listeners: [] })
  })

  it('changes what is given, leaves the rest, and gives the emitter back', () => {
    assert.equal(memwatch.configure({ capacity: 16 }), memwatch)
    assert.deepEqual(memwatch.config, { ...DEFAULTS, capacity: 16 })
    memwatch.configure({ threshold: '1.5 GB', detector: 'classic' })
    assert.deepEqual(memwatch.config, { ...DEFAULTS, capacity: 16, threshold: 1.5 * 2 ** 30, detector: 'classic' })
    memwatch.configure({})
    assert.deepEqual(memwatch.config, { ...DEFAULTS, capacity: 16, threshold: 1.5 * 2 ** 30, detector: 'classic' })
    assert.equal(memwatch.running, false, 'neither of these starts the monitor')
  })

  it('treats a field that is undefined like one that is left out', () => {
    memwatch.configure({ capacity: 16, threshold: '10 MB' })
    memwatch.configure({ capacity: undefined, threshold: undefined, detector: undefined, recorder: undefined, record: undefined })
    assert.deepEqual(memwatch.config, { ...DEFAULTS, capacity: 16, threshold: 10 << 20 })
  })

  for (const [size, bytes] of [['10 MB', 10 << 20], ['10mb', 10 << 20], ['512 KiB', 512 << 10], ['4096', 4096], [1, 1],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]]) {
    it(`takes a threshold of ${typeof size} ${size}`, () => {
      memwatch.configure({ threshold: size })
      assert.equal(memwatch.config.threshold, bytes)
    })
  }

  for (const capacity of [1, 262144]) {
    it(`takes a capacity of ${capacity}`, () => {
      memwatch.configure({ capacity })
      assert.equal(memwatch.config.capacity, capacity)
    })
  }

  const refused = {
    ERR_MEMWATCH_INVALID_CAPACITY: [0, -1, 1.5, 262145, NaN, Infinity, '16', 16n, null, true, {}, Symbol('16')]
      .map((capacity) => ({ capacity })),
    ERR_MEMWATCH_INVALID_THRESHOLD: [0, -1, 1.5, NaN, Infinity, 2 ** 53, 10n, true, {}, [], Symbol('10 MB'), '', 'much',
      '-1 MB', '10 XB', '0', '1.2.3 MB', '99999999 TB', '9007199254740992'].map((threshold) => ({ threshold })),
    ERR_MEMWATCH_INVALID_DETECTOR: ['', 'robust', 'Classic', 5, null, {}].map((detector) => ({ detector })),
    ERR_MEMWATCH_INVALID_RECORDER: ['', 'with\0zero', 5, true, {}, []].map((recorder) => ({ recorder })),
    ERR_MEMWATCH_INVALID_RECORD: ['', 'with\0zero', 5, true, {}, []].map((record) => ({ record })),
    ERR_MEMWATCH_UNKNOWN_OPTION: [{ treshold: '10 MB' }, { Capacity: 16 }],
    ERR_MEMWATCH_INVALID_OPTION: [undefined, null, 'capacity', 16, [], true]
  }
  for (const [code, cases] of Object.entries(refused)) {
    it(`refuses with ${code}, and nothing has changed`, () => {
      memwatch.configure({ capacity: 32, threshold: '10 MB' })
      const before = memwatch.config
      for (const options of cases) {
        const given = options !== null && typeof options === 'object' && !Array.isArray(options)
        // Beside a bad option a good one must not count either, whichever comes first.
        const attempts = given ? [options, { capacity: 64, ...options }, { ...options, threshold: 1, ...options }] : [options]
        for (const attempt of attempts) {
          assert.throws(() => memwatch.configure(attempt), (error) => {
            assert.ok(error instanceof TypeError, String(error))
            assert.equal(error.code, code)
            assert.ok(error.message.length > 0)
            return true
          })
          assert.deepEqual(memwatch.config, before)
          assert.equal(memwatch.running, false)
        }
      }
    })
  }

  it('changes nothing when the file of a recording cannot be had, however good the rest is', (t) => {
    const folder = temporaryFolder(t)
    const foreign = path.join(folder, 'letter.txt')
    fs.writeFileSync(foreign, 'a letter')
    memwatch.configure({ capacity: 32, threshold: '10 MB' })
    const before = memwatch.config
    for (const [file, code] of [
      [path.join(folder, 'no', 'such', 'folder'), 'ERR_MEMWATCH_IO'],
      [foreign, 'ERR_MEMWATCH_RECORDING_FOREIGN']
    ]) {
      const good = { capacity: 64, threshold: 1, recorder: path.join(folder, 'flight'), record: path.join(folder, 'series') }
      for (const bad of [{ recorder: file }, { record: file }]) {
        assert.throws(() => memwatch.configure({ ...good, ...bad }), { name: 'Error', code })
        assert.deepEqual(memwatch.config, before)
        assert.equal(memwatch.running, false)
      }
    }
  })

  it('gives a configuration that is a copy', () => {
    memwatch.config.capacity = 1
    assert.equal(memwatch.config.capacity, 4096)
  })
})

describe('the other options', () => {
  it('are refused with their codes', () => {
    for (const [call, code] of [
      [() => memwatch.history({ as: 'rows' }), 'ERR_MEMWATCH_INVALID_OPTION'],
      [() => memwatch.history({ since: -1 }), 'ERR_MEMWATCH_INVALID_OPTION'],
      [() => memwatch.history({ since: 1.5 }), 'ERR_MEMWATCH_INVALID_OPTION'],
      [() => memwatch.history({ since: '0' }), 'ERR_MEMWATCH_INVALID_OPTION'],
      [() => memwatch.history({ form: 'objects' }), 'ERR_MEMWATCH_UNKNOWN_OPTION'],
      [() => memwatch.history(null), 'ERR_MEMWATCH_INVALID_OPTION'],
      [() => memwatch.traceGc('stderr'), 'ERR_MEMWATCH_INVALID_STREAM'],
      [() => memwatch.traceGc({}), 'ERR_MEMWATCH_INVALID_STREAM'],
      [() => memwatch.traceGc(null), 'ERR_MEMWATCH_INVALID_STREAM']
    ]) {
      assert.throws(call, { name: 'TypeError', code })
      assert.equal(memwatch.running, false)
    }
  })
})
