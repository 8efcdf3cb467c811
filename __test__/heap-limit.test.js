// Snapshots when the heap is nearly full: the file of a process that runs out of memory is whole, and tells of what.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { inChild, runChild, startChild, temporaryFolder } = require('./child')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities
// Ends a test whose file never comes. Nothing is measured by it.
const HANGS_AFTER_MS = 60_000
const SMALL = ['--initial-old-space-size=0', '--max-old-space-size=48']

/** Fills the heap, at once or a turn at a time. */
function leak (memwatch, tools, { directory, atOnce, ...options }) {
  memwatch.configure({ nearHeapLimit: { directory, ...options } })
  memwatch.on('snapshot', (written) => console.log(JSON.stringify(written)))
  class Leaked { constructor (at) { this.at = at + 0.5 } }
  const leaked = globalThis.leaked = []
  const grow = () => { for (let at = 0; at < 5000; at++) leaked.push(new Leaked(at)) }
  if (atOnce) for (;;) grow()
  return new Promise(() => {
    const turn = () => {
      grow()
      setImmediate(turn)
    }
    turn()
  })
}

describe('near the heap limit', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  for (const atOnce of [true, false]) {
    it(`a snapshot is written of a heap that is filled ${atOnce ? 'at once' : 'bit by bit'}`, async (t) => {
      const directory = temporaryFolder(t)
      const { signal, stderr, stdout } = await runChild(leak, { flags: SMALL, argument: { directory, atOnce } })
      assert.equal(signal, 'SIGABRT')
      assert.match(stderr, /heap limit|out of memory/i)
      const [name, ...others] = fs.readdirSync(directory)
      assert.deepEqual(others, [])
      const file = path.join(directory, name)
      assert.equal(fs.statSync(file).mode & 0o777, 0o600)
      const snapshot = await memwatch.openSnapshot(file)
      const [suspect] = snapshot.suspects()
      assert.equal(suspect.accumulated.name, 'Leaked')
      const largest = snapshot.classes().reduce((one, other) => other.shallowSize > one.shallowSize ? other : one)
      assert.equal(largest.name, 'Leaked')
      for (const line of stdout.split('\n').filter(Boolean)) {
        assert.deepEqual(JSON.parse(line), { path: file, reason: 'near-heap-limit' })
      }
    })
  }

  it('the file gets whole when the process is killed meanwhile', { timeout: HANGS_AFTER_MS }, async (t) => {
    const directory = temporaryFolder(t)
    const names = () => fs.readdirSync(directory)
    const { child, ended } = startChild(leak, { flags: SMALL, argument: { directory, atOnce: false } })
    const until = (isThere) => new Promise((resolve) => {
      const watcher = fs.watch(directory, () => look())
      const look = () => {
        if (!names().some(isThere)) return
        watcher.close()
        resolve()
      }
      look()
    })
    await until((name) => name.endsWith('.tmp') && fs.statSync(path.join(directory, name)).size > 0)
    child.kill('SIGKILL')
    await ended
    const whole = (name) => name.endsWith('.heapsnapshot')
    assert.equal(names().some(whole), false)
    await until(whole)
    assert.deepEqual(names().length, 1)
    const snapshot = await memwatch.openSnapshot(path.join(directory, names()[0]))
    assert.equal(snapshot.suspects()[0].accumulated.name, 'Leaked')
  })

  it('a spike is survived, told, and does not leave the limit where it was raised to', async (t) => {
    const directory = temporaryFolder(t)
    const { written, config, limits } = await inChild(async (memwatch, tools, directory) => {
      const v8 = require('node:v8')
      const limit = () => v8.getHeapStatistics().heap_size_limit
      const limits = [limit()]
      memwatch.configure({ nearHeapLimit: { directory, captures: 1, gzip: true } })
      const config = [memwatch.config.nearHeapLimit]
      const snapshot = new Promise((resolve) => memwatch.once('snapshot', resolve))
      let held = []
      while (limit() === limits[0]) {
        for (let at = 0; at < 1000; at++) held.push({ at: at + 0.5 })
        await tools.turn()
      }
      limits.push(limit())
      held = null
      // The copy has the lowest priority: turns of the loop would take the processor from it.
      const waiting = setInterval(() => {}, 1000)
      const written = await snapshot
      clearInterval(waiting)
      globalThis.gc()
      await tools.turn()
      config.push(memwatch.config.nearHeapLimit)
      limits.push(limit())
      return { written, config, limits }
    }, { flags: SMALL, argument: directory })
    assert.deepEqual(fs.readdirSync(directory), [path.basename(written.path)])
    assert.match(written.path, /\.heapsnapshot\.gz$/)
    assert.deepEqual(config, [{ captures: 1 }, null])
    const [before, raised, after] = limits
    assert.ok(raised - before >= 32 * 2 ** 20, `${limits}`)
    assert.ok(after < raised, `${limits}`)
  })

  it('the process dies as it would have when nothing can be written', async (t) => {
    const directory = path.join(temporaryFolder(t), 'missing')
    const { signal } = await runChild(leak, { flags: SMALL, argument: { directory, atOnce: true } })
    assert.equal(signal, 'SIGABRT')
    assert.equal(fs.existsSync(directory), false)
  })

  it('failures are warnings with a code', async (t) => {
    const directory = path.join(temporaryFolder(t), 'missing')
    const { code } = await inChild(async (memwatch, tools, directory) => {
      const limit = () => require('node:v8').getHeapStatistics().heap_size_limit
      const limitBefore = limit()
      memwatch.configure({ nearHeapLimit: { directory } })
      process.removeAllListeners('warning')
      const warned = new Promise((resolve) => process.once('warning', resolve))
      let held = []
      while (limit() === limitBefore) {
        for (let at = 0; at < 1000; at++) held.push({ at: at + 0.5 })
        await tools.turn()
      }
      held = null
      const warning = await warned
      return { code: warning.code }
    }, { flags: SMALL, argument: directory })
    assert.equal(code, 'ERR_MEMWATCH_IO')
  })

  it('a worker that runs out of memory takes nobody with it', async (t) => {
    const directory = temporaryFolder(t)
    const { code, names } = await inChild(async (memwatch, tools, { directory, PACKAGE }) => {
      const { Worker } = require('node:worker_threads')
      const source = `
        require(${JSON.stringify(PACKAGE)}).configure({ nearHeapLimit: { directory: ${JSON.stringify(directory)} } })
        globalThis.leaked = null
        for (;;) globalThis.leaked = { at: 0.5, previous: globalThis.leaked }`
      // One collection moves up to 8 MB to the old generation: more than the limit is raised by at last, and less
      // than the 16 MB by which Node raises it to end the worker, beyond which it loses the process by itself.
      const resourceLimits = { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 24 }
      const worker = new Worker(source, { eval: true, resourceLimits })
      const { code } = await new Promise((resolve) => worker.once('error', resolve))
      return { code, names: require('node:fs').readdirSync(directory) }
    }, { argument: { directory, PACKAGE: path.resolve(__dirname, '..') } })
    assert.equal(code, 'ERR_WORKER_OUT_OF_MEMORY')
    assert.equal(names.length, 1)
    const snapshot = await memwatch.openSnapshot(path.join(directory, names[0]))
    assert.ok(snapshot.nodeCount > 100_000)
  })

  it('is refused when it makes no sense, and ends with stop()', async () => {
    const { codes, config } = await inChild((memwatch) => {
      const attempts = [true, 5, { captures: 0 }, { path: 'a' }, { strings: 'some' }, { signal: null }]
      const codes = attempts.map((nearHeapLimit) => {
        try { memwatch.configure({ nearHeapLimit }) } catch ({ code }) { return code }
        return null
      })
      const config = []
      for (const change of [{ captures: 3 }, undefined, null, {}]) {
        memwatch.configure({ nearHeapLimit: change })
        config.push(memwatch.config.nearHeapLimit)
      }
      memwatch.stop()
      return { codes, config: [...config, memwatch.config.nearHeapLimit] }
    })
    const [invalid, unknown] = ['ERR_MEMWATCH_INVALID_OPTION', 'ERR_MEMWATCH_UNKNOWN_OPTION']
    assert.deepEqual(codes, [invalid, invalid, invalid, unknown, invalid, unknown])
    assert.deepEqual(config, [{ captures: 3 }, { captures: 3 }, null, { captures: 1 }, null])
  })
})
