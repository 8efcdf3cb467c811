// openHeap: the living heap, compared with the file that V8 writes of it at the same moment.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const child = require('./child')

const inChild = (body, options) => child.inChild(body, { env: { NODE_NO_WARNINGS: '1' }, ...options })

describe('the living heap', () => {
  it('is the heap that V8 writes to a file', async (t) => {
    const folder = child.temporaryFolder(t)
    const { living, file, planted, paths } = await inChild(async (memwatch, tools, folder) => {
      const v8 = require('node:v8')
      class Planted { constructor (at) { this.at = at } }
      const held = globalThis.held = Array.from({ length: 5000 }, (_, at) => new Planted(at + 0.5))
      globalThis.kinds = {
        map: new Map(held.map((one) => [one, `text ${one.at}`])),
        set: new Set(held),
        weakMap: new WeakMap(held.map((one) => [one, [one.at]])),
        closures: held.slice(0, 100).map((one) => () => one),
        patterns: held.slice(0, 100).map((one) => new RegExp(`a${one.at}`)),
        symbols: held.slice(0, 100).map((one) => Symbol(one.at)),
        bigints: held.slice(0, 100).map((one) => 2n ** BigInt(Math.floor(one.at) + 64)),
        buffers: held.slice(0, 100).map(() => new ArrayBuffer(1000)),
        texts: ['é€😀', 'a'.repeat(5000), 'left' + held.length + 'right', 'lone \ud800']
      }
      // The first time loads code.
      const path = `${folder}/heap.heapsnapshot`
      globalThis.kept = await memwatch.openHeap()
      await memwatch.openSnapshot(v8.writeHeapSnapshot(path))
      v8.writeHeapSnapshot(path)
      const opening = memwatch.openHeap()
      const [living, file] = [await opening, await memwatch.openSnapshot(path)]
      const facts = (snapshot) => ({
        nodes: snapshot.nodeCount, edges: snapshot.edgeCount, size: snapshot.totalSize, classes: snapshot.classes()
      })
      const biggest = async (snapshot) => (await snapshot.biggest({ count: 30, showStrings: true })).map(({ id }) => id)
      const steps = (snapshot, id) => JSON.stringify(snapshot.path(id)?.map((step) => Object.values(step).filter((value) => typeof value === 'string' || value === step.id)))
      const paths = (await biggest(living)).map((id) => {
        try {
          return [steps(living, id), steps(file, id)]
        } catch (error) {
          return [error.code]
        }
      })
      return { living: facts(living), file: facts(file), planted: await file.diff(living), paths }
    }, { argument: folder })

    // What opening itself puts on the heap is some tens of objects.
    const near = (one, other, share) => assert.ok(Math.abs(one - other) <= other * share, `${one} and ${other}`)
    near(living.nodes, file.nodes, 0.002)
    near(living.edges, file.edges, 0.002)
    near(living.size, file.size, 0.002)
    const ofFile = new Map(file.classes.map((one) => [one.name, one]))
    const same = (one) => {
      const other = ofFile.get(one.name)
      return other !== undefined && ['count', 'shallowSize', 'retainedSize'].every((field) => one[field] === other[field])
    }
    const different = living.classes.filter((one) => !same(one)).map(({ name }) => name)
    for (const name of ['Planted', 'Set', 'WeakMap', 'RegExp']) {
      assert.ok(living.classes.some((one) => one.name === name) && !different.includes(name), `${name} of ${different}`)
    }
    assert.ok(different.length < living.classes.length / 5, `${different.length} of ${living.classes.length}: ${different}`)
    const changed = planted.reduce((sum, one) => sum + one.allocatedCount + one.freedCount, 0)
    assert.ok(changed < 500, `${changed}`)
    assert.ok(paths.filter(([one, other]) => one === other).length >= 25, JSON.stringify(paths.slice(0, 3)))
  })

  it('is compared with a later one, object by object', async () => {
    const change = await inChild(async (memwatch) => {
      class Planted {}
      const held = globalThis.held = [new Planted(), new Planted()]
      const before = await memwatch.openHeap()
      for (let at = 0; at < 10; at++) held.push(new Planted())
      held.shift()
      globalThis.gc()
      const changes = await before.diff(await memwatch.openHeap())
      return changes.find(({ name }) => name === 'Planted')
    })
    assert.deepEqual([change.allocatedCount, change.freedCount], [10, 1])
  })

  it('refuses what it cannot do with a code', async () => {
    const codes = await inChild(async (memwatch) => {
      const aborted = AbortSignal.abort(new Error('enough'))
      const attempts = [null, { forced: true }, { force: 1 }, { maxPauseMs: -1 }, { signal: 1 }, { maxPauseMs: 0.001 }, { signal: aborted }]
      const codes = []
      for (const options of attempts) {
        codes.push(await memwatch.openHeap(options).then(() => 'opened', (error) => error.code))
      }
      return codes
    })
    const invalid = 'ERR_MEMWATCH_INVALID_OPTION'
    assert.deepEqual(codes, [invalid, 'ERR_MEMWATCH_UNKNOWN_OPTION', invalid, invalid, invalid,
      'ERR_MEMWATCH_PAUSE_LIMIT', 'ERR_MEMWATCH_CANCELLED'])
  })

  it('does no damage to a HeapDiff that is open', async () => {
    const diff = await inChild(async (memwatch, { turn }) => {
      class Planted {}
      const held = globalThis.held = []
      const hd = new memwatch.HeapDiff()
      await memwatch.openHeap()
      await memwatch.openHeap({ maxPauseMs: 0.001 }).catch(() => {})
      for (let at = 0; at < 10; at++) {
        globalThis.gc()
        held.push(new Planted())
        await turn()
      }
      return hd.end()
    })
    assert.equal(diff.change.details.find(({ what }) => what === 'Planted')['+'], 10)
    assert.ok(diff.change.freed_nodes < 2000, JSON.stringify(diff.change))
  })
})
