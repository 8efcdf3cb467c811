// HeapDiff: memwatch's output, counted object by object. It works in both modes: it needs V8's snapshots,
// not its GC callbacks. What does not fit into memory is refused by a rule of the core, which is tested there.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const child = require('./child')
const areSmall = require('./small-heaps')

// Of large heaps, or on a slow machine, the addon warns that the pause will be long.
const QUIET = { NODE_NO_WARNINGS: '1' }
// What takes V8 a minute on some versions is tried at a tenth of its size there.
const SCALE = areSmall ? 10 : 1
const inChild = (body, options) => child.inChild(body, { env: QUIET, ...options })

/** What a diff tells of a class, of nothing when it is not mentioned. */
function changeOf (diff, what) {
  const found = diff.change.details.filter((change) => change.what === what)
  assert.ok(found.length <= 1, `${what} is listed ${found.length} times`)
  return found[0] ?? { what, size_bytes: 0, size: '0 bytes', '+': 0, '-': 0 }
}

/** Sizes as memwatch writes them. */
function niceSize (bytes) {
  const rounded = (value) => Math.sign(value) * Math.round(Math.abs(value) * 100) / 100
  if (Math.abs(bytes) > 1024 * 1024) return `${rounded(bytes / 1024 / 1024)} mb`
  if (Math.abs(bytes) > 1024) return `${rounded(bytes / 1024)} kb`
  return `${bytes} bytes`
}

/** Plants and drops objects of one class around a diff. */
function plant (memwatch, tools, { before, freed, added }) {
  class Planted {
    constructor (at) { this.at = at }
  }
  const held = globalThis.held = Array.from({ length: before }, (_, at) => new Planted(at))
  const hd = new memwatch.HeapDiff()
  held.fill(null, 0, freed)
  for (let at = 0; at < added; at++) held.push(new Planted(at))
  return hd.end()
}

describe('the output of a HeapDiff', () => {
  it('has memwatch\'s fields, in its order', async () => {
    const diff = await inChild(plant, { argument: { before: 0, freed: 0, added: 100 } })
    assert.deepEqual(Object.keys(diff), ['before', 'after', 'change'])
    for (const totals of [diff.before, diff.after]) {
      assert.deepEqual(Object.keys(totals), ['nodes', 'size_bytes', 'size'])
      assert.ok(Number.isInteger(totals.nodes) && totals.nodes > 10_000)
      assert.ok(Number.isInteger(totals.size_bytes) && totals.size_bytes > 1_000_000)
    }
    assert.deepEqual(Object.keys(diff.change), ['size_bytes', 'size', 'freed_nodes', 'allocated_nodes', 'details'])
    for (const change of diff.change.details) {
      assert.deepEqual(Object.keys(change), ['what', 'size_bytes', 'size', '+', '-'])
      assert.equal(typeof change.what, 'string')
    }
  })

  it('adds up, and writes sizes as memwatch does', async () => {
    const diff = await inChild(plant, { argument: { before: 30_000, freed: 30_000, added: 10 } })
    assert.equal(diff.change.size_bytes, diff.after.size_bytes - diff.before.size_bytes)
    assert.ok(diff.change.size_bytes < -300_000, diff.change.size)
    for (const part of [diff.before, diff.after, diff.change, ...diff.change.details]) {
      assert.equal(part.size, niceSize(part.size_bytes))
    }
    const sum = (sign) => diff.change.details.reduce((total, change) => total + change[sign], 0)
    assert.ok(diff.change.allocated_nodes >= sum('+') && sum('+') >= 10)
    assert.ok(diff.change.freed_nodes >= sum('-') && sum('-') >= 30_000)
  })

  it('lists the largest change first', async () => {
    const diff = await inChild(plant, { argument: { before: 1000, freed: 1000, added: 0 } })
    const sizes = diff.change.details.map((change) => Math.abs(change.size_bytes))
    assert.deepEqual(sizes, sizes.toSorted?.((one, other) => other - one) ?? [...sizes].sort((one, other) => other - one))
  })
})

describe('a HeapDiff counts', () => {
  for (const [what, argument] of Object.entries({
    'all of 100 objects that came': { before: 0, freed: 0, added: 100 },
    'all of 100 objects that went': { before: 100, freed: 100, added: 0 },
    'both when objects of one class come and go': { before: 100, freed: 30, added: 70 },
    'as many that came as went, though the number is the same': { before: 50, freed: 50, added: 50 }
  })) {
    it(what, async () => {
      const diff = await inChild(plant, { argument })
      const change = changeOf(diff, 'Planted')
      assert.deepEqual([change['+'], change['-']], [argument.added, argument.freed])
      const each = change.size_bytes / (argument.added - argument.freed)
      if (argument.added !== argument.freed) assert.ok(each >= 12 && each <= 128, `${each} bytes each`)
      else assert.equal(change.size_bytes, 0)
    })
  }

  it('strings, arrays, closures, regular expressions and numbers by their types', async () => {
    const diff = await inChild((memwatch) => {
      const held = globalThis.held = []
      const hd = new memwatch.HeapDiff()
      for (let at = 0; at < 500; at++) {
        held.push([at], () => at, new RegExp(`a${at}`), `text ${at} ${Math.random()}`, { number: at + 0.5 })
      }
      return hd.end()
    })
    for (const what of ['Array', 'Closure', 'RegExp', 'String', 'Object']) {
      assert.ok(changeOf(diff, what)['+'] >= 500, JSON.stringify(changeOf(diff, what)))
    }
  })

  it('next to nothing when nothing happened', async () => {
    const diffs = await inChild((memwatch) => [0, 1, 2].map(() => new memwatch.HeapDiff().end()))
    assert.ok(diffs[2].change.allocated_nodes < 500, JSON.stringify(diffs[2].change))
    assert.ok(diffs[2].change.size_bytes < 50_000, JSON.stringify(diffs[2].change))
  })
})

describe('our own objects', () => {
  it('are never shown, and classes of users that have their names are', async () => {
    const diff = await inChild((memwatch) => {
      const { HeapDiff } = memwatch
      const users = {
        HeapDiff: class HeapDiff { constructor () { this.child = {} } },
        MemwatchHeapDiff: class MemwatchHeapDiff { constructor () { this.child = {} } }
      }
      const held = globalThis.held = []
      const hd = new HeapDiff()
      for (let at = 0; at < 10; at++) held.push(new users.HeapDiff(), new users.MemwatchHeapDiff())
      // Open, ended, and inside an object of a user that has the same name.
      const others = globalThis.others = [new HeapDiff(), new HeapDiff(), new HeapDiff()]
      others[0].end()
      held[0].other = others[1]
      return hd.end()
    })
    assert.deepEqual([changeOf(diff, 'HeapDiff'), changeOf(diff, 'MemwatchHeapDiff')]
      .map((change) => [change['+'], change['-']]), [[10, 0], [10, 0]])
  })

  it('are left out when another copy of the package in the thread made them', async () => {
    const diff = await inChild((memwatch) => {
      for (const file of Object.keys(require.cache)) delete require.cache[file]
      const other = require(process.argv[1].replace(/__test__.*/, 'index.js'))
      if (other === memwatch) throw new Error('the same copy')
      const hd = new memwatch.HeapDiff()
      globalThis.held = [new other.HeapDiff(), new other.HeapDiff()]
      return hd.end()
    })
    for (const what of ['HeapDiff', 'MemwatchHeapDiff']) assert.equal(changeOf(diff, what)['+'], 0)
  })

  it('end independently when several are open', async () => {
    const diffs = await inChild((memwatch) => {
      class Planted {}
      const held = globalThis.held = []
      const one = new memwatch.HeapDiff()
      for (let at = 0; at < 10; at++) held.push(new Planted())
      const other = new memwatch.HeapDiff()
      for (let at = 0; at < 5; at++) held.push(new Planted())
      const first = one.end()
      for (let at = 0; at < 3; at++) held.push(new Planted())
      return [first, other.end()]
    })
    assert.deepEqual(diffs.map((diff) => changeOf(diff, 'Planted')['+']), [15, 8])
  })
})

describe('a HeapDiff refuses', () => {
  it('a second end(), and the first one stands', async () => {
    const result = await inChild((memwatch) => {
      const hd = new memwatch.HeapDiff()
      const diff = hd.end()
      try {
        hd.end()
      } catch (error) {
        return { code: error.code, isError: error instanceof Error, nodes: diff.before.nodes }
      }
    })
    assert.equal(result.code, 'ERR_MEMWATCH_DIFF_ENDED')
    assert.ok(result.isError && result.nodes > 0)
  })

  it('to be called without new', async () => {
    const names = await inChild((memwatch) => [
      () => memwatch.HeapDiff(),
      () => new (memwatch.HeapDiff())(),
      () => memwatch.HeapDiff.prototype.end.call({})
    ].map((call) => {
      try {
        call()
      } catch (error) {
        return error.name
      }
      return 'nothing thrown'
    }))
    assert.deepEqual(names, ['TypeError', 'TypeError', 'TypeError'])
  })

  it('options that it does not know or that are wrong', async () => {
    const codes = await inChild((memwatch) => [null, 1, [], 'force', { forced: true }, { force: 1 }, { force: null }]
      .map((options) => {
        try {
          return Boolean(new memwatch.HeapDiff(options))
        } catch (error) {
          return [error.name, error.code]
        }
      }))
    const invalid = ['TypeError', 'ERR_MEMWATCH_INVALID_OPTION']
    assert.deepEqual(codes,
      [invalid, invalid, invalid, invalid, ['TypeError', 'ERR_MEMWATCH_UNKNOWN_OPTION'], invalid, invalid])
  })

  it('to compare when V8 gave its objects new ids, whether or not somebody took a snapshot since', async () => {
    for (const snapshot of [false, true]) {
      const code = await inChild((memwatch, tools, snapshot) => {
        const { Session } = require('node:inspector')
        const hd = new memwatch.HeapDiff()
        const session = new Session()
        session.connect()
        session.post('HeapProfiler.enable')
        session.post('HeapProfiler.disable')
        session.disconnect()
        if (snapshot) require('node:v8').getHeapSnapshot().destroy()
        try {
          return hd.end().change
        } catch (error) {
          return error.code
        }
      }, { argument: snapshot })
      assert.equal(code, 'ERR_MEMWATCH_IDS_LOST', `snapshot: ${snapshot}`)
    }
  })
})

describe('a HeapDiff', () => {
  // In fallback mode nothing tells whose collections they are.
  it('makes no stats event of its own', { skip: child.MODE === 'fallback' }, async () => {
    const counts = await inChild(async (memwatch, { turn, turnUntil }) => {
      const counts = []
      let events = 0
      memwatch.on('stats', () => { events++ })
      const hd = new memwatch.HeapDiff()
      hd.end()
      for (let at = 0; at < 20; at++) await turn()
      counts.push(events)
      memwatch.gc()
      await turnUntil(() => events > counts[0])
      for (let at = 0; at < 20; at++) await turn()
      counts.push(events)
      return counts
    })
    assert.deepEqual(counts, [0, 1])
  })

  it('that is dropped gives its memory back, and V8 need not follow moved objects any more', async () => {
    const idsAreNew = await inChild(async (memwatch, { turn }) => {
      // V8 numbers objects from 1 on again once nothing needs the numbers: then an old object's changes.
      const v8 = require('node:v8')
      const { Session } = require('node:inspector')
      const session = new Session()
      session.connect()
      const idOf = (expression) => {
        let id
        session.post('Runtime.evaluate', { expression }, (error, { result }) => {
          if (error) throw error
          session.post('HeapProfiler.getHeapObjectId', result, (error, answer) => {
            id = error ? null : answer.heapSnapshotObjectId
          })
        })
        return id
      }
      globalThis.marked = { marked: true }
      const ids = []
      ;(() => { new memwatch.HeapDiff() })() // eslint-disable-line no-new
      ids.push(idOf('marked'))
      for (let at = 0; at < 10; at++) {
        globalThis.gc()
        await turn()
      }
      ids.push(idOf('marked'))
      globalThis.keptOpen = new memwatch.HeapDiff()
      ids.push(idOf('marked'))
      globalThis.keptOpen.end()
      ids.push(idOf('marked'))
      v8.getHeapSnapshot().destroy()
      return ids
    })
    assert.deepEqual(idsAreNew.map((id) => id !== null && id !== '0'), [true, false, true, false], idsAreNew.join(' '))
  })

  it('that is dropped many times over does not make the process grow', async () => {
    const times = SCALE === 1 ? 20 : 10
    const grown = await inChild(async (memwatch, { turn }, times) => {
      globalThis.heap = Array.from({ length: 40_000 }, (_, at) => ({ at }))
      const drop = async (count) => {
        for (let at = 0; at < count; at++) {
          new memwatch.HeapDiff() // eslint-disable-line no-new
          globalThis.gc()
          await turn()
        }
        return process.memoryUsage().rss
      }
      const settled = await drop(10)
      return await drop(times) - settled
    }, { argument: times })
    // Twelve bytes for each of more than 80,000 objects: one of them is 0.96 MB.
    assert.ok(grown < times * 0.6 * 2 ** 20, `${grown} bytes`)
  })

  it('keeps the process alive neither open nor ended', async () => {
    const { code, signal } = await child.runChild((memwatch) => {
      globalThis.held = [new memwatch.HeapDiff(), new memwatch.HeapDiff()]
      globalThis.held[0].end()
    }, { keepAlive: false })
    assert.deepEqual({ code, signal }, { code: 0, signal: null })
  })

  it('can be forced', async () => {
    const diff = await inChild((memwatch) => new memwatch.HeapDiff({ force: true }).end())
    assert.ok(diff.before.nodes > 0)
  })

  it('works in worker threads, each on its own heap', async () => {
    const planted = await inChild(async (memwatch) => {
      const { Worker } = require('node:worker_threads')
      const source = `
        const { parentPort, workerData } = require('node:worker_threads')
        const memwatch = require(workerData.entry)
        class InWorker {}
        globalThis.held = []
        const hd = new memwatch.HeapDiff()
        for (let at = 0; at < workerData.count; at++) held.push(new InWorker())
        globalThis.leftOpen = new memwatch.HeapDiff()
        parentPort.postMessage(hd.end())`
      const entry = process.argv[1].replace(/__test__.*/, 'index.js')
      const hd = new memwatch.HeapDiff()
      const ofWorker = (count) => new Promise((resolve, reject) => {
        const worker = new Worker(source, { eval: true, workerData: { entry, count } })
        let diff
        worker.once('message', (message) => { diff = message })
        worker.once('error', reject)
        worker.once('exit', () => resolve(diff))
      })
      const diffs = await Promise.all([ofWorker(100), ofWorker(200)])
      diffs.push(hd.end())
      return diffs.map((diff) => diff.change.details.find(({ what }) => what === 'InWorker')?.['+'] ?? 0)
    })
    assert.deepEqual(planted, [100, 200, 0])
  })
})

describe('a HeapDiff with paths', () => {
  /** A leak of each kind that the brief of a leak names, beside what looks alike. */
  async function leaking (options, mode = {}) {
    return inChild((memwatch, tools, options) => {
      const { EventEmitter } = require('node:events')
      class Session { constructor (user) { this.user = user } }
      class Cached { constructor () { this.payload = [1, 2, 3] } }
      class Transient {}
      const app = globalThis.app = { sessions: new Map(), bus: new EventEmitter(), timers: [], cache: new Map() }
      app.bus.setMaxListeners(0)
      for (let at = 0; at < 50; at++) app.cache.set(at, new Cached())
      globalThis.hd = new memwatch.HeapDiff()
      for (let at = 0; at < 200; at++) {
        // Joined, because V8 keeps what a template gives in two parts.
        app.sessions.set(['joe', at, '@example.com'].join(''), new Session(at))
        const buffer = new Array(20).fill(at)
        app.bus.on('change', function onChange () { return buffer })
        app.timers.push(function later () { return buffer })
        // Replaced and dropped: neither leaks.
        app.cache.set(at % 50, new Cached())
        globalThis.latest = new Transient()
      }
      globalThis.latest = null
      return globalThis.hd.end(options)
    }, { argument: options, ...mode })
  }

  it('names a Map of sessions, listeners of an emitter and closures in a list by their paths', async () => {
    const diff = await leaking({ paths: true })
    const sessions = changeOf(diff, 'Session')
    assert.ok(sessions.retained_bytes >= sessions.size_bytes && sessions.size_bytes > 0)
    assert.equal(sessions.examples.length, 5)
    for (const example of sessions.examples) {
      assert.deepEqual(Object.keys(example), ['id', 'name', 'kind', 'shallowSize', 'retainedSize', 'distance'])
      assert.equal(example.name, 'Session')
      assert.ok(Number.isInteger(example.id) && example.distance > 1)
    }
    assert.equal(sessions.paths.length, 1)
    const [path] = sessions.paths
    assert.deepEqual(Object.keys(path), ['count', 'retainedSize', 'fingerprint', 'text', 'steps'])
    assert.deepEqual([path.count, path.retainedSize], [200, sessions.retained_bytes])
    assert.match(path.text, /^├─ global object .*\n├─ \.app .*\n│ {2}~+\n├─ \.sessions → Map .*\n│ {2}~+\n╰─ \.get\(…\) → Session /)
    assert.match(path.fingerprint, /^[0-9a-f]{16}$/)
    assert.deepEqual(path.steps.map((step) => step.edge), ['global object', '.app', '.sessions', '.get(…)'])
    assert.deepEqual(path.steps.map((step) => step.isSuspect), [false, true, true, true])
    assert.ok(sessions.examples.some(({ id }) => id === path.steps.at(-1).id) || path.steps.at(-1).class === 'Session')

    const texts = changeOf(diff, 'Closure').paths.map(({ count, text }) => ({ count, text }))
    const listeners = texts.find(({ text }) => /\.bus → EventEmitter .*\n.*\n╰─ listener of 'change' → function onChange/.test(text))
    const closures = texts.find(({ text }) => /\.timers → .*\n.*\n╰─ \[\d+\] → function later/.test(text))
    assert.deepEqual([listeners?.count, closures?.count], [200, 200], JSON.stringify(texts, null, 2))
  })

  it('names nothing that was replaced or dropped, and has memwatch\'s fields for the rest', async () => {
    const diff = await leaking({ paths: true })
    const cached = changeOf(diff, 'Cached')
    assert.deepEqual(cached, { what: 'Cached', size_bytes: 0, size: '0 bytes', '+': 50, '-': 50 })
    assert.deepEqual(changeOf(diff, 'Transient')['+'], 0)
    const told = JSON.stringify(diff.change.details.map((change) => change.paths ?? []))
    assert.ok(!/Cached|Transient/.test(told), told)
    for (const change of diff.change.details) {
      const fields = ['what', 'size_bytes', 'size', '+', '-']
      const more = change.size_bytes > 0 ? ['retained_bytes', 'examples', 'paths'] : []
      assert.deepEqual(Object.keys(change), [...fields, ...more])
    }
    const plain = await leaking({ paths: false })
    assert.ok(plain.change.details.every((change) => Object.keys(change).length === 5))
    assert.deepEqual(changeOf(plain, 'Session'), (({ retained_bytes: _, examples: __, paths: ___, ...rest }) => rest)(changeOf(diff, 'Session')))
  })

  it('hides what strings hold unless asked', async () => {
    assert.ok(!JSON.stringify(await leaking({ paths: true })).includes('@example.com'))
    const shown = await leaking({ paths: true, showStrings: true })
    assert.match(changeOf(shown, 'Session').paths[0].text, /\.get\("joe\d+@example\.com"\) → Session/)
  })

  it('leads to new objects only, past those that were there', async () => {
    const { told, old } = await inChild((memwatch) => {
      class Session { constructor (payload) { this.payload = payload } }
      // The largest of all, and nearest to the root, but old.
      globalThis.first = new Session(new Array(10_000).fill(0))
      globalThis.deep = { deeper: { deepest: [] } }
      const hd = new memwatch.HeapDiff()
      for (let at = 0; at < 30; at++) globalThis.deep.deeper.deepest.push(new Session([at]))
      const { details } = hd.end({ paths: true }).change
      return { told: details.find(({ what }) => what === 'Session'), old: 10_000 * 4 }
    })
    assert.ok(told.retained_bytes < old, `${told.retained_bytes}`)
    assert.deepEqual(told.paths.map(({ count }) => count), [30])
    assert.match(told.paths[0].text, /\.deep .*\.deeper .*\.deepest .*\[\d+\] → Session/s)
  })

  it('does not lead through our own objects', async () => {
    const told = await inChild((memwatch) => {
      class Planted {}
      const planted = new Array(100)
      globalThis.hd = new memwatch.HeapDiff()
      for (let at = 0; at < 100; at++) planted[at] = new Planted()
      globalThis.hd.shortcut = planted
      globalThis.a = { b: { c: { d: { planted } } } }
      return globalThis.hd.end({ paths: true }).change.details.find(({ what }) => what === 'Planted')
    })
    assert.equal(told['+'], 100)
    assert.ok(told.paths.length === 1 && !told.paths[0].text.includes('HeapDiff'), told.paths[0]?.text)
    assert.match(told.paths[0].text, /\.d .*\.planted .*→ Planted/s)
  })

  it('refuses options that it does not know or that are wrong, and can then be ended', async () => {
    const [codes, nodes] = await inChild((memwatch) => {
      const hd = new memwatch.HeapDiff()
      const codes = [null, { paths: 1 }, { showStrings: 'yes' }, { maxPauseMs: 0 }, { maxPauseMs: '5' }, { force: true }].map((options) => {
        try {
          return Boolean(hd.end(options))
        } catch (error) {
          return error.code
        }
      })
      return [codes, hd.end({ paths: true }).before.nodes]
    })
    const invalid = 'ERR_MEMWATCH_INVALID_OPTION'
    assert.deepEqual(codes, [invalid, invalid, invalid, invalid, invalid, 'ERR_MEMWATCH_UNKNOWN_OPTION'])
    assert.ok(nodes > 0)
  })
})

describe('a limit to the pause', () => {
  // Far less than any snapshot takes, so that nothing depends on the speed of the machine.
  const NEXT_TO_NOTHING = 0.001

  it('stops V8 when a HeapDiff begins, and does no damage', async () => {
    const { failed, diff, idsAreKept } = await inChild((memwatch, tools, maxPauseMs) => {
      const { Session } = require('node:inspector')
      const session = new Session()
      session.connect()
      const hasId = (expression) => {
        let has
        session.post('Runtime.evaluate', { expression }, (_, { result }) => {
          session.post('HeapProfiler.getHeapObjectId', result, (error, answer) => {
            has = !error && answer.heapSnapshotObjectId !== '0'
          })
        })
        return has
      }
      class Planted {}
      const held = globalThis.held = []
      const failed = [1, 2].map(() => {
        try {
          return Boolean(new memwatch.HeapDiff({ maxPauseMs }))
        } catch (error) {
          return { code: error.code, message: error.message }
        }
      })
      const idsAreKept = hasId('held')
      const hd = new memwatch.HeapDiff()
      for (let at = 0; at < 100; at++) held.push(new Planted())
      return { failed, diff: hd.end(), idsAreKept }
    }, { argument: NEXT_TO_NOTHING })
    for (const { code, message } of failed) {
      assert.equal(code, 'ERR_MEMWATCH_PAUSE_LIMIT')
      assert.match(message, /stopped at \d+ %/)
    }
    assert.equal(idsAreKept, false)
    assert.equal(changeOf(diff, 'Planted')['+'], 100)
    assert.ok(diff.change.allocated_nodes < 1000, JSON.stringify(diff.change))
  })

  it('refuses to end what would take longer, and loses nothing', async () => {
    const { failed, diffs } = await inChild((memwatch, tools, maxPauseMs) => {
      class Planted {}
      const held = globalThis.held = []
      const hd = new memwatch.HeapDiff()
      const limited = new memwatch.HeapDiff({ maxPauseMs: 60_000 })
      for (let at = 0; at < 100; at++) held.push(new Planted())
      const failed = [
        () => hd.end({ maxPauseMs }),
        () => limited.end({ maxPauseMs, paths: true }),
        // V8 is not stopped while a diff is open: it would forget the ids that are compared.
        () => new memwatch.HeapDiff({ maxPauseMs })
      ].map((end) => {
        try {
          return Boolean(end())
        } catch (error) {
          return { code: error.code, message: error.message }
        }
      })
      return { failed, diffs: [hd.end(), limited.end({ maxPauseMs: Infinity, paths: true })] }
    }, { argument: NEXT_TO_NOTHING })
    for (const { code, message } of failed) {
      assert.equal(code, 'ERR_MEMWATCH_PAUSE_LIMIT')
      assert.match(message, /about \d+ ms, longer than 0\.001 ms, and was not begun/)
    }
    for (const diff of diffs) {
      assert.equal(changeOf(diff, 'Planted')['+'], 100)
      assert.ok(diff.change.allocated_nodes < 2000 && diff.change.freed_nodes < 2000, JSON.stringify(diff.change))
    }
  })

  it('that is not reached changes nothing', async () => {
    const diff = await inChild((memwatch) => {
      class Planted {}
      const held = globalThis.held = []
      const hd = new memwatch.HeapDiff({ maxPauseMs: 3_600_000 })
      for (let at = 0; at < 100; at++) held.push(new Planted())
      return hd.end()
    })
    assert.equal(changeOf(diff, 'Planted')['+'], 100)
  })

  it('is named by the warning of a long pause, with what spares the service', async () => {
    const { code, stderr } = await child.runChild((memwatch, { hold }) => {
      hold(32 << 20)
      new memwatch.HeapDiff().end()
      new memwatch.HeapDiff().end()
    })
    assert.equal(code, 0)
    assert.equal(stderr.match(/MEMWATCH_LONG_PAUSE/g)?.length, 1, stderr)
    for (const way of ['in the background with memwatch.capture()', 'out of rotation', 'v8.writeHeapSnapshot()', 'npx memwatch-rs diff', 'maxPauseMs']) {
      assert.ok(stderr.includes(way), stderr)
    }
  })
})

describe('a HeapDiff survives', () => {
  for (const [name, { build, expected }] of Object.entries({
    [`a list of ${1_000_000 / SCALE} nodes`]: {
      build: (scale) => {
        class Link { constructor (next) { this.next = next } }
        let list = null
        for (let at = 0; at < 1_000_000 / scale; at++) list = new Link(list)
        return list
      },
      expected: { Link: 1_000_000 / SCALE }
    },
    [`a hub of ${5_000_000 / SCALE} edges`]: {
      build: (scale) => {
        class Spoke {}
        return new Array(5_000_000 / scale).fill(new Spoke())
      },
      expected: { Spoke: 1 }
    },
    'objects nested 64 levels deep, each level reached twice': {
      build: () => {
        class Level { constructor (inner) { this.inner = this.again = inner } }
        let nested = new Level(null)
        for (let at = 1; at < 64; at++) nested = new Level(nested)
        return nested
      },
      expected: { Level: 64 }
    }
  })) {
    for (const paths of [false, true]) {
      it(paths ? `${name}, and tells the path` : name, async () => {
        const diff = await inChild((memwatch, tools, { source, scale, paths }) => {
          // eslint-disable-next-line no-eval
          const build = eval(source)
          const came = new memwatch.HeapDiff()
          globalThis.held = build(scale)
          return came.end({ paths })
        }, { argument: { source: String(build), scale: SCALE, paths } })
        for (const [what, count] of Object.entries(expected)) {
          const change = changeOf(diff, what)
          assert.deepEqual([change['+'], change['-']], [count, 0])
          if (!paths) continue
          assert.deepEqual(change.paths.map((path) => path.count), [count])
          assert.match(change.paths[0].text, /global object .*\n├─ \.held|global object .*\n╰─ \.held/)
        }
      })
    }
  }
})
