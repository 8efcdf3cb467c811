// The captures of a suspicion count paths in one walk, without a graph: what they tell is what growth() tells, which has one.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, inChild } = require('./child')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities

const LIBRARY = {
  binding: path.join(PACKAGE, 'binding.js'),
  capture: path.join(PACKAGE, 'lib', 'capture.js'),
  options: path.join(PACKAGE, 'lib', 'options.js'),
  pathSearch: path.join(PACKAGE, 'lib', 'path-search.js'),
  memwatch: PACKAGE
}

/** Both, after each round of growth of everything that holds something in its own way. */
function bothWays () {
  return inChild(async (none, tools, library) => {
    const { EventEmitter } = require('node:events')
    const binding = require(library.binding)
    const { Monitor } = binding
    const made = []
    binding.Monitor = class extends Monitor {
      constructor (...args) {
        super(...args)
        made.push(this)
      }
    }
    require(library.memwatch)
    const { captureAs } = require(library.capture)
    const { plan, watch } = require(library.options).captureOptions({ as: 'comparison' })

    class Session { constructor (id) { this.id = id } }
    class Link { constructor (next) { Object.assign(this, { next, pad: new Session(0) }) } }
    class Tree { constructor (left, right) { Object.assign(this, { left, right }) } }
    class Registry {
      #entries = new Set()
      add (entry) { this.#entries.add(entry) }
    }
    const hidden = Symbol('hidden')
    const wide = () => Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`part${at}`, new Session(at)]))
    const keys = []
    const held = globalThis.held = {
      array: [],
      map: new Map(),
      byUser: new Map([['joe', { visits: [] }]]),
      registry: new Registry(),
      bus: new EventEmitter().setMaxListeners(0),
      list: null,
      tree: null,
      byKey: {},
      sparse: [],
      weak: new WeakMap(),
      keys,
      wide: [],
      grown: [],
      buffers: [],
      closures: [],
      texts: [],
      promises: [],
      [hidden]: []
    }
    let count = 0
    const grow = (more) => {
      for (let at = 0; at < more; at++) {
        const id = count++
        held.array.push(new Session(id))
        held.map.set(`user:${id}`, new Session(id))
        held.byUser.get('joe').visits.push({ at: new Session(id) })
        held.registry.add(new Session(id))
        const listener = new Session(id)
        held.bus.on('tick', () => listener)
        held.list = new Link(held.list)
        held.tree = id % 2 ? new Tree(held.tree, null) : new Tree(null, held.tree)
        held.byKey[`key ${id}`] = new Session(id)
        held.sparse[id * 100_000] = new Session(id)
        const key = { id }
        keys.push(key)
        held.weak.set(key, new Session(id))
        held.wide.push(wide())
        const object = {}
        for (let part = 0; part < 12; part++) object[`later${part}`] = new Session(part)
        held.grown.push(object)
        held.buffers.push(Buffer.alloc(10_000), new Float64Array(5))
        const captured = new Session(id)
        held.closures.push(() => captured)
        held.texts.push(`text ${id} ` + 'of a request, put together'.repeat(id % 3))
        held.promises.push(new Promise(() => {}).then(() => captured))
        held[hidden].push(new Session(id))
      }
    }
    grow(100)
    const byGraph = new binding.HeapSeries(1)
    const byPaths = binding.HeapSeries.ofSuspicion()
    for (let round = 0; round < 4; round++) {
      for (const series of [byGraph, byPaths]) await captureAs(made[0], plan, watch, series)
      grow(20)
    }
    const told = (series) => {
      const { captures, paths } = series.growth()
      return {
        engines: captures.map(({ engine }) => engine),
        totals: captures.map(({ nodeCount, totalSize }) => ({ nodeCount, totalSize })),
        paths: paths.filter(({ steps }) => steps.some(({ edgeName }) => edgeName === 'held'))
          .map(({ path, counts }) => `${path}: ${counts.join(' ')}`).sort()
      }
    }
    return { byGraph: told(byGraph), byPaths: told(byPaths) }
  }, { load: false, argument: LIBRARY, env: { NODE_NO_WARNINGS: '1' } })
}

/**
 * How many copies of the heap there is memory for: after a capture of a suspicion, also one whose first copy died, then when none is
 * near and when it has ended.
 */
function keptRooms () {
  return inChild(async (none, tools, library) => {
    const fs = require('node:fs')
    const binding = require(library.binding)
    const { BackgroundCapture, Monitor } = binding
    let native
    const missed = []
    binding.Monitor = class extends Monitor {
      constructor (...args) {
        super(...args)
        native = this
      }

      missPaths (id, message) { missed.push(message) }
    }
    let copiesToDie = 0
    const afterDeath = []
    binding.BackgroundCapture = class extends BackgroundCapture {
      fork (...args) {
        const children = () => fs.readFileSync('/proc/thread-self/children', 'utf8').trim().split(' ')
        const before = children()
        const forked = super.fork(...args)
        if (forked && copiesToDie > 0) {
          copiesToDie -= 1
          this.hasDied = true
          process.kill(Number(children().find((child) => !before.includes(child))), 'SIGABRT')
        }
        return forked
      }

      async result (...args) {
        const result = await super.result(...args)
        if (this.hasDied && result) afterDeath.push(`${result.engine} ${result.attempts}`)
        return result
      }
    }
    require(library.memwatch)
    const { PathSearch } = require(library.pathSearch)
    const timers = []
    const { setTimeout } = globalThis
    globalThis.setTimeout = (later, ms) => {
      timers.push(later)
      return setTimeout(() => {}, ms)
    }
    const rooms = () => fs.readdirSync('/proc/self/fd').filter((descriptor) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${descriptor}`).includes('memwatch-rs heap')
      } catch {
        // The directory that is being read.
        return false
      }
    }).length
    // Another thread gives them back.
    const roomsLeft = async () => {
      for (let at = 0; at < 1000 && rooms() > 0; at++) await new Promise((resolve) => setTimeout(resolve, 5))
      return rooms()
    }
    const search = new PathSearch(native)
    const found = []
    const capture = async (isFirst) => {
      await search.capture({ id: 1, leakId: 'one', isFirst })
      found.push(rooms())
    }
    await capture(true)
    await capture(false)
    timers.at(-1)()
    found.push(await roomsLeft())
    copiesToDie = 1
    await capture(false)
    // As the first of a suspicion either engine may read it.
    copiesToDie = 1
    await capture(true)
    search.end('another')
    found.push(rooms())
    search.end('one')
    found.push(await roomsLeft())
    return { found, missed, afterDeath, timers: timers.length }
  }, { load: false, argument: LIBRARY, env: { NODE_NO_WARNINGS: '1' } })
}

describe('paths that are counted without a graph', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  it('are those of the graph, with as many objects on each', async () => {
    const { byGraph, byPaths } = await bothWays()
    for (const { engines } of [byGraph, byPaths]) assert.deepEqual(new Set(engines), new Set(['reader']))
    // A graph has the values of a WeakMap below the farther of map and key: here below the keys, which grow themselves.
    const isOfWeakMap = (one) => one.includes(' weak (WeakMap) ')
    assert.deepEqual(byPaths.paths.filter((one) => !isOfWeakMap(one)), byGraph.paths.filter((one) => !isOfWeakMap(one)))
    assert.match(byPaths.paths.find(isOfWeakMap) ?? 'none', / weak \(WeakMap\) → table \(\(array\)\) → \[x\] \(Session\): 100 120 140 160$/)
    // Each way to hold something is told, by one path at least.
    for (const name of ['array', 'map', 'byUser', 'bus', 'list', 'tree', 'byKey', 'sparse', 'keys', 'wide', 'grown', 'buffers', 'closures', 'texts', 'promises', '<symbol hidden>']) {
      assert.ok(byPaths.paths.some((one) => one.includes(` ${name} (`)), `${name}: ${byPaths.paths.join('\n')}`)
    }
  })

  it('lead to as much of the heap', async () => {
    const { byGraph, byPaths } = await bothWays()
    byPaths.totals.forEach(({ nodeCount, totalSize }, at) => {
      const graph = byGraph.totals[at]
      assert.ok(Math.abs(nodeCount / graph.nodeCount - 1) < 0.01, `${nodeCount} objects, ${graph.nodeCount} by the graph`)
      assert.ok(Math.abs(totalSize / graph.totalSize - 1) < 0.01, `${totalSize} bytes, ${graph.totalSize} by the graph`)
    })
  })

  it('leave the memory for a copy of the heap to the next capture, and give it back when none comes', async () => {
    const { found, missed, afterDeath, timers } = await keptRooms()
    assert.deepEqual(missed, [])
    assert.deepEqual(afterDeath, ['reader 2', 'reader 2'])
    assert.deepEqual(found, [1, 1, 0, 1, 1, 1, 0])
    assert.equal(timers, 4)
  })
})
