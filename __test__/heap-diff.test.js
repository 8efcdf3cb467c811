// HeapDiff: memwatch's output, counted object by object. It works in both modes: it needs V8's snapshots,
// not its GC callbacks. What does not fit into memory is refused by a rule of the core, which is tested there.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const child = require('./child')

// Of large heaps, or on a slow machine, the addon warns that the pause will be long.
const QUIET = { NODE_NO_WARNINGS: '1' }
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
    const grown = await inChild(async (memwatch, { turn }) => {
      globalThis.heap = Array.from({ length: 40_000 }, (_, at) => ({ at }))
      const drop = async (times) => {
        for (let at = 0; at < times; at++) {
          new memwatch.HeapDiff() // eslint-disable-line no-new
          globalThis.gc()
          await turn()
        }
        return process.memoryUsage().rss
      }
      const settled = await drop(10)
      return await drop(20) - settled
    })
    // Twelve bytes for each of more than 80,000 objects: 20 of them would be 19 MB.
    assert.ok(grown < 12 << 20, `${grown} bytes`)
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

describe('a HeapDiff survives', () => {
  for (const [name, { build, expected }] of Object.entries({
    'a list of 1,000,000 nodes': {
      build: () => {
        class Link { constructor (next) { this.next = next } }
        let list = null
        for (let at = 0; at < 1_000_000; at++) list = new Link(list)
        return list
      },
      expected: { Link: 1_000_000 }
    },
    'a hub of 5,000,000 edges': {
      build: () => {
        class Spoke {}
        return new Array(5_000_000).fill(new Spoke())
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
    it(name, async () => {
      const diff = await inChild((memwatch, tools, source) => {
        // eslint-disable-next-line no-eval
        const build = eval(source)
        const came = new memwatch.HeapDiff()
        globalThis.held = build()
        return came.end()
      }, { argument: String(build) })
      for (const [what, count] of Object.entries(expected)) {
        const change = changeOf(diff, what)
        assert.deepEqual([change['+'], change['-']], [count, 0])
      }
    })
  }
})
