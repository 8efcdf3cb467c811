// The package under its predecessors' names: a project that has it as `memwatch`, `memwatch-next` and
// `@airbnb/node-memwatch`, as `npm install memwatch@npm:memwatch-rs` makes it, and uses all of their API.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, run, temporaryFolder } = require('./child')

const NAMES = ['memwatch', 'memwatch-next', '@airbnb/node-memwatch']
const SHIPPED = ['package.json', 'index.js', 'binding.js', 'lib']

/** A project with a copy of the package under each name: npm's aliases are copies, too. */
function project (t, files) {
  const folder = temporaryFolder(t)
  const addon = fs.readdirSync(PACKAGE).filter((name) => name.endsWith('.node'))
  for (const name of NAMES) {
    for (const file of [...SHIPPED, ...addon]) {
      fs.cpSync(path.join(PACKAGE, file), path.join(folder, 'node_modules', name, file), { recursive: true })
    }
  }
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  return folder
}

// On a slow machine the addon warns that the pause of a diff will be long.
const QUIET = { NODE_NO_WARNINGS: '1' }

/** What `app(load)` returned in a project, `load` being its `require`. */
async function inProject (t, app, name) {
  const folder = project(t, { 'app.js': `(${app})(require, ${JSON.stringify(name)}).then(JSON.stringify).then(console.log)` })
  const { code, signal, stdout, stderr } = await run(process.execPath, [path.join(folder, 'app.js')], { env: QUIET })
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout)
}

async function useAll (require, name) {
  const memwatch = require(name)
  // Taken out of the module: they are plain functions in the originals.
  const { gc, HeapDiff } = memwatch
  const seen = {}
  const next = () => new Promise((resolve) => {
    // The event alone keeps nothing alive.
    const awake = setInterval(() => {}, 1000)
    memwatch.once('stats', (stats) => {
      clearInterval(awake)
      resolve(stats)
    })
    gc()
  })
  seen.isEmitter = memwatch instanceof require('node:events')
  seen.stats = Object.keys(await next())

  let calls = 0
  const count = () => { calls++ }
  memwatch.on('stats', count)
  memwatch.addListener('leak', () => {})
  await next()
  memwatch.removeListener('stats', count)
  await next()
  memwatch.removeAllListeners('leak')
  memwatch.removeAllListeners()
  seen.calls = calls

  class LeakingClass {}
  const held = globalThis.held = []
  const hd = new HeapDiff()
  for (let at = 0; at < 100; at++) held.push(new LeakingClass())
  const diff = hd.end()
  seen.leaking = diff.change.details.find(({ what }) => what === 'LeakingClass')['+']
  return seen
}

const STATS = {
  memwatch: ['num_full_gc', 'num_inc_gc', 'heap_compactions', 'usage_trend', 'estimated_base', 'current_base', 'min',
    'max'],
  '@airbnb/node-memwatch': ['gc_ts', 'gcScavengeCount', 'gcScavengeTime', 'gcMarkSweepCompactCount',
    'gcMarkSweepCompactTime', 'gcIncrementalMarkingCount', 'gcIncrementalMarkingTime', 'gcProcessWeakCallbacksCount',
    'gcProcessWeakCallbacksTime', 'total_heap_size', 'total_heap_size_executable', 'total_physical_size',
    'total_available_size', 'used_heap_size', 'heap_size_limit', 'malloced_memory', 'peak_malloced_memory', 'gc_time']
}
STATS['memwatch-next'] = STATS.memwatch

describe('under its predecessors\' names', () => {
  for (const name of NAMES) {
    it(`an app uses all of ${name}`, async (t) => {
      const seen = await inProject(t, useAll, name)
      assert.deepEqual(STATS[name].filter((field) => !seen.stats.includes(field)), [])
      assert.deepEqual([seen.isEmitter, seen.calls, seen.leaking], [true, 1, 100])
    })

    it(`@airbnb/node-memwatch's own suite passes as ${name}`, async (t) => {
      const suite = fs.readFileSync(path.join(__dirname, 'peers.test.js'), 'utf8')
      const folder = project(t, { 'suite.test.js': suite })
      const { code, stdout, stderr } = await run(process.execPath, ['--test', path.join(folder, 'suite.test.js')],
        { cwd: folder, env: { MEMWATCH_DROPPED_IN: name } })
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /^(#|ℹ) fail 0$/m)
      assert.doesNotMatch(stdout, /^(#|ℹ) pass 0$/m)
    })
  }

  it('serves all names at once in one thread', async (t) => {
    const planted = await inProject(t, async (require) => {
      class Planted {}
      const held = globalThis.held = []
      const diffs = ['memwatch', 'memwatch-next', '@airbnb/node-memwatch'].map((name) => {
        held.push(new Planted())
        return new (require(name).HeapDiff)()
      })
      held.push(new Planted())
      return diffs.map((diff) => diff.end().change.details.find(({ what }) => what === 'Planted')['+'])
    })
    assert.deepEqual(planted, [3, 2, 1])
  })

  it('gives ES modules what the originals give', async (t) => {
    const folder = project(t, {
      'app.mjs': `
        import memwatch, { HeapDiff, gc } from '@airbnb/node-memwatch'
        class Planted {}
        const hd = new HeapDiff()
        globalThis.held = [new Planted(), new Planted()]
        const { details } = hd.end().change
        gc()
        console.log(memwatch.HeapDiff === HeapDiff, details.find(({ what }) => what === 'Planted')['+'])`
    })
    const { stdout, stderr } = await run(process.execPath, [path.join(folder, 'app.mjs')], { env: QUIET })
    assert.deepEqual([stdout, stderr], ['true 2\n', ''])
  })
})
