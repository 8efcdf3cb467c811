// growth and HeapDiff.start: what background captures of a living server, taken one after the other, tell apart.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const child = require('./child')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities
const skip = !backgroundCapture && backgroundCaptureReason

const inChild = (body, options) => child.inChild(body, { env: { NODE_NO_WARNINGS: '1' }, ...options })

const PER_ROUND = 50

/** A server under requests: what it does at each is the body of a function of `id` and `state`. */
async function growthOfServer (onRequest, options) {
  return inChild(async (memwatch, tools, { onRequest, perRound, options }) => {
    const http = require('node:http')
    const { EventEmitter, once } = require('node:events')
    class Session {
      constructor (id) {
        this.id = id
        this.text = `secret of ${id}`
      }
    }
    class Link { constructor (next) { Object.assign(this, { next, pad: {} }) } }
    const state = { byUser: new Map([['joe', []]]), bus: new EventEmitter().setMaxListeners(0), head: null, cache: new Map(), byKey: {} }
    const serve = new Function('id', 'state', 'Session', 'Link', onRequest) // eslint-disable-line no-new-func
    const server = http.createServer((request, response) => {
      serve(Number(request.url.slice(1)), state, Session, Link)
      response.end()
    }).listen(0)
    await once(server, 'listening')
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    let id = 0
    const request = () => new Promise((resolve, reject) => {
      const path = `/${id++}`
      http.get({ port: server.address().port, path, agent }, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
    const between = async () => {
      for (let at = 0; at < perRound; at++) await request()
    }
    // What is loaded and filled by the first requests is no growth.
    for (let round = 0; round < 3; round++) await between()
    const told = []
    const found = await memwatch.growth({
      between,
      stallMs: 5000,
      onProgress: ({ round, rounds, percent }) => told.push([round, rounds, percent]),
      ...options
    })
    agent.destroy()
    server.close()
    return { ...found, told }
  }, { argument: { onRequest, perRound: PER_ROUND, options } })
}

const rises = (counts, by) => counts.every((count, at) => at === 0 || count === counts[at - 1] + by)

describe('growth between background captures', { skip }, () => {
  for (const [kind, onRequest, { class: name, step, holder }] of [
    ['an array in a Map', "state.byUser.get('joe').push(new Session(id))",
      { class: 'Session', step: ['[x]', 'Session'], holder: /byUser.*Session/s }],
    ['closures in an EventEmitter', "const one = new Session(id); state.bus.on('tick', () => one.id)",
      { class: 'Session', step: ['[x]', 'Function'], holder: /listener of 'tick'/ }],
    ['a linked list', 'state.head = new Link(state.head)',
      { class: 'Link', step: ['next', 'Link'], holder: /head.*Link/s }],
    ['an object by keys that are data', "state.byKey['user:' + id] = new Session(id)",
      { class: 'Session', step: ['[x]', 'Session'], holder: /byKey.*Session/s }]
  ]) {
    it(`finds ${kind}`, async () => {
      const { captures, classes, paths } = await growthOfServer(onRequest)
      assert.equal(captures.length, 4)
      for (const { attempts, engine, pauseMs, durationMs, nodeCount } of captures) {
        assert.equal(engine, 'reader')
        assert.ok(attempts >= 1 && pauseMs > 0 && durationMs >= pauseMs && nodeCount > 10_000)
      }
      const [path] = paths
      assert.deepEqual(Object.keys(path).sort(), ['counts', 'example', 'growth', 'path', 'retainedSize', 'steps'])
      assert.ok(rises(path.counts, PER_ROUND), `${path.counts}`)
      const { edgeName, className } = path.steps.at(-1)
      assert.deepEqual([edgeName, className], step)
      assert.ok(path.path.endsWith(`${edgeName} (${className})`))
      assert.ok(path.growth > 0 && path.retainedSize >= path.growth, JSON.stringify(path))
      assert.match(path.example.text, holder)
      const grown = classes.find((one) => one.name === name)
      assert.ok(rises(grown.counts, PER_ROUND), `${grown.counts}`)
      assert.equal(grown.shallowSizes.length, 4)
      assert.ok(grown.retainedSizes[3] > grown.retainedSizes[0])
      assert.doesNotMatch(JSON.stringify({ paths, classes }), /secret of|user:\d/)
    })
  }

  for (const [kind, onRequest] of [
    ['a cache that is full', 'state.cache.set(id % 20, new Session(id))'],
    ['garbage', 'state.last = Array.from({ length: 100 }, () => new Session(id))']
  ]) {
    it(`does not tell of ${kind}`, async () => {
      const { captures, classes, paths, told } = await growthOfServer(onRequest, { rounds: 2 })
      assert.equal(captures.length, 3)
      assert.deepEqual(paths, [])
      assert.ok(!classes.some(({ name }) => name === 'Session'))
      assert.deepEqual([...new Set(told.map(([round]) => round))], [0, 1, 2])
      assert.ok(told.every(([, rounds, percent]) => rounds === 2 && percent > 0 && percent <= 100))
    })
  }

  it('tells of what grows by one only when asked to', async () => {
    const grow = (minGrowth) => inChild(async (memwatch, tools, minGrowth) => {
      class Once {}
      const held = globalThis.held = [new Once()]
      // The first capture loads code.
      await memwatch.growth({ rounds: 1, between () {} })
      const { paths } = await memwatch.growth({ minGrowth: minGrowth ?? undefined, between: () => { held.push(new Once()) } })
      return paths.map(({ counts, steps }) => [steps.at(-1).className, counts])
    }, { argument: minGrowth })
    assert.deepEqual(await grow(undefined), [])
    assert.deepEqual(await grow(1), [['Once', [1, 2, 3, 4]]])
  })

  it('ends with what the work throws, and with the signal while the work goes on', async () => {
    const { thrown, aborted, progress, rounds } = await inChild(async (memwatch) => {
      const codes = async (options) => memwatch.growth(options).then(() => 'done', ({ message, code, cause }) => [message, code, cause])
      const rounds = []
      const thrown = await codes({ between ({ round }) { rounds.push(round); if (round === 2) throw new Error('enough') } })
      const controller = new AbortController()
      const aborted = await codes({
        signal: controller.signal,
        between ({ signal }) {
          rounds.push(signal === controller.signal)
          setImmediate(() => controller.abort('no more'))
          return new Promise(() => {})
        }
      })
      const progress = await codes({ between () {}, onProgress () { throw new Error('in the callback') } })
      return { thrown, aborted, progress, rounds }
    })
    assert.deepEqual(thrown, ['enough', undefined, undefined])
    assert.deepEqual(aborted, ['the operation was cancelled', 'ERR_MEMWATCH_CANCELLED', 'no more'])
    assert.equal(progress[0], 'in the callback')
    assert.deepEqual(rounds, [1, 2, true])
  })

  it('refuses options that are wrong', async () => {
    const between = () => {}
    for (const [options, code] of [
      [undefined, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{}, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between: 1 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between, rounds: 0 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between, rounds: 1.5 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between, rounds: 1001 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between, minGrowth: 0 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between, signal: 1 }, 'ERR_MEMWATCH_INVALID_OPTION'],
      [{ between, as: 'summary' }, 'ERR_MEMWATCH_UNKNOWN_OPTION']
    ]) {
      await assert.rejects(memwatch.growth(options), { name: 'TypeError', code })
    }
  })
})

describe('captures that are compared', { skip }, () => {
  it('are read by the engine of the first, whatever ends a copy', async () => {
    const { byReader, byV8, codes } = await inChild(async (memwatch) => {
      const fs = require('node:fs')
      globalThis.held = Array.from({ length: 500_000 }, (_, at) => ({ at }))
      // Ends the first copy of a round.
      const growth = async (round, options) => {
        let isOver = false
        const onProgress = (progress) => {
          const [copy] = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
          if (isOver || progress.round !== round || !copy) return
          isOver = true
          process.kill(Number(copy), 'SIGSEGV')
        }
        const { captures } = await memwatch.growth({ rounds: 1, between () {}, onProgress, ...options })
        return captures.map(({ attempts, engine }) => [attempts, engine])
      }
      const byReader = await growth(1)
      const byV8 = await growth(0)
      const diff = await memwatch.HeapDiff.start()
      const codes = [await diff.end({ engine: 'v8' }).catch(({ code }) => code), await growth(1, { retries: 0 }).catch(({ code }) => code)]
      return { byReader, byV8, codes }
    })
    assert.deepEqual(byReader, [[1, 'reader'], [2, 'reader']])
    assert.deepEqual(byV8, [[2, 'v8'], [1, 'v8']])
    assert.deepEqual(codes, ['ERR_MEMWATCH_UNKNOWN_OPTION', 'ERR_MEMWATCH_CAPTURE_DIED'])
  })
})

describe('a heap diff in the background', { skip }, () => {
  it('tells the net change by class and by path, in the shape of a HeapDiff', async () => {
    const { result, again, largest } = await inChild(async (memwatch) => {
      class Leaky { constructor (at) { this.at = at + 0.5 } }
      class Freed {}
      const held = globalThis.held = [new Leaky(0)]
      globalThis.freed = Array.from({ length: 700 }, () => new Freed())
      // The first capture loads code.
      await memwatch.capture()
      const diff = await memwatch.HeapDiff.start({ stallMs: 5000 })
      for (let at = 0; at < 1000; at++) held.push(new Leaky(at))
      globalThis.freed.length = 200
      globalThis.fresh = Array.from({ length: 300 }, (_, at) => ({ at: [at + 0.5] }))
      const percents = []
      const result = await diff.end({ onProgress: ({ percent }) => percents.push(percent) })
      const again = await diff.end().catch(({ code }) => code)
      return { result, again, largest: percents.at(-1) }
    })
    assert.deepEqual(Object.keys(result), ['before', 'after', 'change'])
    assert.deepEqual(Object.keys(result.change),
      ['size_bytes', 'size', 'freed_nodes', 'allocated_nodes', 'details', 'paths'])
    const { before, after, change } = result
    assert.equal(change.size_bytes, after.size_bytes - before.size_bytes)
    assert.match(before.size, /^\d+(\.\d+)? mb$/)
    const detail = (name) => change.details.find(({ what }) => what === name)
    const { retained_growth_bytes: retained, ...leaky } = detail('Leaky')
    assert.deepEqual(leaky, { what: 'Leaky', size_bytes: leaky.size_bytes, size: leaky.size, '+': 1000, '-': 0 })
    assert.ok(leaky.size_bytes >= 16_000 && retained >= leaky.size_bytes)
    assert.deepEqual([detail('Freed')['+'], detail('Freed')['-']], [0, 500])
    assert.ok(detail('Freed').size_bytes < 0 && detail('Freed').retained_growth_bytes < 0)
    assert.ok(change.allocated_nodes >= 1300 && change.freed_nodes >= 500)
    // What grew, and what is new with all below it.
    const pathTo = (name, className) => change.paths.find(({ steps }) =>
      steps.at(-1).edgeName === name && steps.at(-1).className === className)
    assert.deepEqual(pathTo('[x]', 'Leaky').counts, [1, 1001])
    assert.match(pathTo('[x]', 'Leaky').example.text, /\.held/)
    assert.deepEqual(pathTo('fresh', 'Array').counts, [0, 1])
    assert.ok(pathTo('fresh', 'Array').retainedSize > 300 * 16)
    assert.ok(!change.paths.some(({ steps }) => steps.at(-1).className === 'Freed'))
    assert.equal(again, 'ERR_MEMWATCH_DIFF_ENDED')
    assert.ok(largest > 50)
  })

  it('can be tried again when its end failed', async () => {
    const { refused, cancelled, ended } = await inChild(async (memwatch) => {
      const diff = await memwatch.HeapDiff.start()
      const refused = await diff.end({ timeoutMs: 'long' }).catch(({ code }) => code)
      const cancelled = await diff.end({ signal: AbortSignal.abort() }).catch(({ code }) => code)
      const { change } = await diff.end()
      return { refused, cancelled, ended: Array.isArray(change.details) }
    })
    assert.deepEqual([refused, cancelled, ended], ['ERR_MEMWATCH_INVALID_OPTION', 'ERR_MEMWATCH_CANCELLED', true])
    await assert.rejects(memwatch.HeapDiff.start({ as: 'summary' }), { name: 'TypeError', code: 'ERR_MEMWATCH_UNKNOWN_OPTION' })
  })
})

it('says where it cannot', { skip: backgroundCapture }, async () => {
  await assert.rejects(memwatch.growth({ between () {} }), { code: 'ERR_MEMWATCH_UNSUPPORTED' })
  await assert.rejects(memwatch.HeapDiff.start(), { code: 'ERR_MEMWATCH_UNSUPPORTED' })
})
