// How the package is loaded: `require`, and `import` with default and names.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { describe, it } = require('node:test')
const { project, run } = require('./child')

const NAMES = ['on', 'once', 'off', 'start', 'stop', 'configure', 'gc', 'stats', 'history', 'explain', 'traceGc', 'HeapDiff', 'openHeap', 'openSnapshot',
  'capture', 'growth', 'profile', 'writeSnapshot', 'installSignalHandler', 'compareSnapshots']

async function runScript (t, name, text) {
  const folder = project(t, { [name]: text })
  const { code, signal, stdout, stderr } = await run(process.execPath, ['--expose-gc', path.join(folder, name)])
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout)
}

describe('require', () => {
  it('gives the emitter itself', async (t) => {
    const told = await runScript(t, 'script.cjs', `
      const memwatch = require('memwatch-rs')
      const { EventEmitter } = require('node:events')
      memwatch.once('stats', ({ num_full_gc: full }) => {
        console.log(JSON.stringify({ full, emitter: memwatch instanceof EventEmitter, running: memwatch.running }))
      })
      memwatch.gc()`)
    assert.ok(told.full >= 1)
    assert.deepEqual([told.emitter, told.running], [true, false])
  })
})

describe('import', () => {
  it('gives the same emitter as default, and its methods by name', async (t) => {
    const told = await runScript(t, 'script.mjs', `
      import memwatch, { ${NAMES.join(', ')} } from 'memwatch-rs'
      import * as all from 'memwatch-rs'
      import { createRequire } from 'node:module'
      const same = createRequire(import.meta.url)('memwatch-rs') === memwatch
      configure({ capacity: 16 })
      const end = traceGc({ write () {} })
      const traced = memwatch.running
      end()
      start()
      const started = memwatch.running
      stop()
      const stopped = memwatch.running
      let never = 0
      const listener = () => never++
      on('stats', listener)
      off('stats', listener)
      once('stats', ({ num_full_gc: full }) => {
        console.log(JSON.stringify({
          same, traced, started, stopped, never, full, capacity: memwatch.config.capacity,
          recorded: history().events.length, of: stats().num_full_gc, names: Object.keys(all)
        }))
      })
      gc()`)
    const { full, recorded, of, names, ...rest } = told
    assert.deepEqual(rest, { same: true, traced: true, started: true, stopped: false, never: 0, capacity: 16 })
    assert.ok(full >= 1 && of >= full && recorded >= full)
    assert.deepEqual(names.sort(), ['default', ...NAMES].sort())
  })
})
