// profile.heap and profile.cpu: what DevTools opens, taken of a running process.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const child = require('./child')
const memwatch = require('..')

const inChild = (body, options) => child.inChild(body, { env: { NODE_NO_WARNINGS: '1' }, ...options })

describe('profiles', () => {
  it('of the heap name who allocated what is there, in the form that DevTools opens', async (t) => {
    const { profile, largest } = await inChild(async (memwatch) => {
      const held = globalThis.held = []
      function hoardsMemory () {
        for (let at = 0; at < 1000; at++) held.push({ at, list: new Array(100).fill(at) })
      }
      const working = setInterval(hoardsMemory, 1)
      const profile = await memwatch.profile.heap({ ms: 300, interval: 1024 })
      clearInterval(working)
      const sizes = (node) => [[node.callFrame.functionName, node.selfSize], ...node.children.flatMap(sizes)]
      const [largest] = sizes(profile.head).sort((a, b) => b[1] - a[1])
      return { profile, largest }
    })
    assert.deepEqual(largest[0], 'hoardsMemory')
    assert.deepEqual(Object.keys(profile).sort(), ['head', 'samples'])
    const nodes = new Map()
    const visit = (node) => {
      assert.deepEqual(Object.keys(node).sort(), ['callFrame', 'children', 'id', 'selfSize'])
      assert.deepEqual(Object.keys(node.callFrame).sort(), ['columnNumber', 'functionName', 'lineNumber', 'scriptId', 'url'])
      nodes.set(node.id, node)
      node.children.forEach(visit)
    }
    visit(profile.head)
    assert.ok(profile.samples.length > 0)
    assert.ok(profile.samples.every(({ size, ordinal }) => size > 0 && ordinal > 0))
    // V8 goes on sampling while it builds the tree: some of the last samples are of nodes that are not in it.
    const unknown = profile.samples.filter(({ nodeId }) => !nodes.has(nodeId))
    assert.ok(unknown.length < profile.samples.length / 100, `${unknown.length} of ${profile.samples.length}`)
  })

  it('of the processor name the function that uses it, in the form that DevTools opens', async () => {
    const { profile, hits } = await inChild(async (memwatch) => {
      function burnsTime () {
        const until = performance.now() + 20
        while (performance.now() < until) Math.sqrt(until)
      }
      const working = setInterval(burnsTime, 1)
      const profile = await memwatch.profile.cpu({ ms: 1000, interval: 500 })
      clearInterval(working)
      const hits = (name) => profile.nodes.filter(({ callFrame }) => callFrame.functionName === name)
        .reduce((sum, { hitCount }) => sum + hitCount, 0)
      return { profile, hits: hits('burnsTime') }
    })
    assert.ok(hits > 10, `${hits}`)
    assert.deepEqual(Object.keys(profile).sort(), ['endTime', 'nodes', 'samples', 'startTime', 'timeDeltas'])
    const { nodes, samples, timeDeltas, startTime, endTime } = profile
    assert.ok(endTime > startTime)
    assert.equal(samples.length, timeDeltas.length)
    const ids = new Set(nodes.map(({ id }) => id))
    assert.ok(samples.length > 10 && samples.every((id) => ids.has(id)))
    assert.ok(nodes.every(({ children = [] }) => children.every((id) => ids.has(id))))
  })

  it('are written to files that only their owner reads, whole or not at all', async (t) => {
    const folder = child.temporaryFolder(t)
    const { written, failed } = await inChild(async (memwatch, tools, folder) => {
      process.chdir(folder)
      const busy = setInterval(() => { globalThis.held = Array.from({ length: 100 }, () => ({})) }, 1)
      const written = await Promise.all([
        memwatch.profile.heap({ ms: 50, path: 'a.heapprofile' }),
        memwatch.profile.cpu({ ms: 50, path: new URL(`file://${folder}/b.cpuprofile`) })
      ])
      const failed = await memwatch.profile.cpu({ ms: 1, path: 'missing/c.cpuprofile' }).catch(({ code }) => code)
      clearInterval(busy)
      return { written, failed }
    }, { argument: folder })
    assert.deepEqual(written, ['a.heapprofile', 'b.cpuprofile'].map((name) => path.join(folder, name)))
    assert.equal(failed, 'ERR_MEMWATCH_IO')
    assert.deepEqual(fs.readdirSync(folder).sort(), ['a.heapprofile', 'b.cpuprofile'])
    for (const file of written) assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    const [heap, cpu] = written.map((file) => JSON.parse(fs.readFileSync(file, 'utf8')))
    assert.equal(heap.head.callFrame.functionName, '(root)')
    assert.equal(cpu.nodes[0].callFrame.functionName, '(root)')
  })

  it('run one at a time of each kind, also beside those of others', async () => {
    const { codes, alive, foreign } = await inChild(async (memwatch) => {
      const { Session } = require('node:inspector')
      const alive = setInterval(() => {}, 1)
      const code = (promise) => promise.then(() => 'done', ({ code }) => code)
      const codes = await Promise.all([
        code(memwatch.profile.heap({ ms: 30 })), code(memwatch.profile.heap({ ms: 1 })),
        code(memwatch.profile.cpu({ ms: 30 })), code(memwatch.profile.cpu({ ms: 1 }))
      ])
      codes.push(await code(memwatch.profile.heap({ ms: 1 })), await code(memwatch.profile.cpu({ ms: 1 })))

      // The program's own session, which profiles and counts calls meanwhile.
      const session = new Session()
      session.connect()
      const post = (method, params) => new Promise((resolve, reject) => {
        session.post(method, params, (error, result) => error ? reject(error) : resolve(result))
      })
      globalThis.called = function called () {}
      await post('Profiler.enable')
      await post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
      await post('HeapProfiler.startSampling')
      await post('Profiler.start')
      codes.push(await code(memwatch.profile.heap({ ms: 1 })), await code(memwatch.profile.cpu({ ms: 1 })))
      for (let at = 0; at < 7; at++) globalThis.called()
      const coverage = await post('Profiler.takePreciseCoverage')
      const counted = coverage.result.flatMap(({ functions }) => functions).find(({ functionName }) => functionName === 'called')
      const { profile: cpu } = await post('Profiler.stop')
      const { profile: heap } = await post('HeapProfiler.stopSampling')
      codes.push(await code(memwatch.profile.heap({ ms: 1 })))
      clearInterval(alive)
      return { codes, alive: true, foreign: [counted.ranges[0].count, cpu.nodes.length > 0, heap.head.id > 0] }
    })
    const busy = 'ERR_MEMWATCH_PROFILE_BUSY'
    assert.deepEqual(codes, ['done', busy, 'done', busy, 'done', 'done', busy, 'done', 'done'])
    assert.deepEqual(foreign, [7, true, true])
    assert.ok(alive)
  })

  it('leave an open HeapDiff its ids', async () => {
    const found = await inChild(async (memwatch) => {
      class Leaky {}
      const alive = setInterval(() => {}, 1)
      const diff = new memwatch.HeapDiff()
      await Promise.all([memwatch.profile.heap({ ms: 20 }), memwatch.profile.cpu({ ms: 20 })])
      globalThis.held = Array.from({ length: 500 }, () => new Leaky())
      const { change } = diff.end()
      clearInterval(alive)
      return change.details.find(({ what }) => what === 'Leaky')
    })
    assert.deepEqual([found['+'], found['-']], [500, 0])
  })

  it('go on while the heap is captured', { skip: !memwatch.capabilities.backgroundCapture }, async () => {
    const found = await inChild(async (memwatch) => {
      const alive = setInterval(() => { globalThis.held = Array.from({ length: 1000 }, (_, at) => ({ at })) }, 1)
      const controller = new AbortController()
      const both = ['heap', 'cpu'].map((kind) => memwatch.profile[kind]({ ms: 1e6, signal: controller.signal }).catch(({ code }) => code))
      const { nodeCount } = await memwatch.capture({ as: 'classes', stallMs: 5000 })
      controller.abort()
      clearInterval(alive)
      return [nodeCount > 10_000, await Promise.all(both)]
    })
    assert.deepEqual(found, [true, ['ERR_MEMWATCH_CANCELLED', 'ERR_MEMWATCH_CANCELLED']])
  })

  it('end with their signal, and sample no more', async () => {
    const found = await inChild(async (memwatch) => {
      const { Session } = require('node:inspector')
      const controller = new AbortController()
      const profiling = [memwatch.profile.heap({ ms: 1e6, signal: controller.signal }), memwatch.profile.cpu({ ms: 1e6, signal: controller.signal })]
      setImmediate(() => controller.abort('no more'))
      const ended = await Promise.all(profiling.map((promise) => promise.catch(({ code, cause }) => [code, cause])))
      const before = await memwatch.profile.heap({ signal: AbortSignal.abort() }).catch(({ code }) => code)
      const session = new Session()
      session.connect()
      const sampling = await new Promise((resolve) => session.post('HeapProfiler.getSamplingProfile', (error) => resolve(error === null)))
      return { ended, before, sampling }
    })
    const cancelled = ['ERR_MEMWATCH_CANCELLED', 'no more']
    assert.deepEqual(found, { ended: [cancelled, cancelled], before: 'ERR_MEMWATCH_CANCELLED', sampling: false })
  })

  it('keep no process alive', async () => {
    const { code, signal, stderr, value } = await child.runChild((memwatch, tools) => {
      memwatch.profile.heap({ ms: 1e9 })
      memwatch.profile.cpu({ ms: 1e9 })
      return 'begun'
    }, { keepAlive: false })
    assert.deepEqual({ code, signal, stderr, value }, { code: 0, signal: null, stderr: '', value: 'begun' })
  })

  it('refuse options that are wrong', async () => {
    for (const [options, code] of [
      [null, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ ms: 0 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ ms: 2 ** 31 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ interval: 0 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ interval: 1.5 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ path: '' }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ signal: {} }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ duration: 1 }, 'ERR_MEMWATCH_UNKNOWN_OPTION']
    ]) {
      for (const kind of ['heap', 'cpu']) await assert.rejects(memwatch.profile[kind](options), { name: 'TypeError', code })
    }
  })

  it('say where there is no inspector', async () => {
    const code = await inChild(async (memwatch) => {
      require('node:inspector').Session.prototype.connect = () => { throw new Error('not permitted') }
      return memwatch.profile.heap().catch(({ code, message }) => [code, message])
    })
    assert.deepEqual(code, ['ERR_MEMWATCH_UNSUPPORTED', 'profiles are not available: not permitted'])
  })
})
