// Opened snapshots, against a slow reading of the same files as JSON.
'use strict'

const assert = require('node:assert/strict')
const { getEventListeners } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const zlib = require('node:zlib')
const { after, before, describe, it } = require('node:test')
const { pathToFileURL } = require('node:url')
const memwatch = require('..')
const { inChild, runChild } = require('./child')
const { ENTRIES, SECRET, readSnapshot, writeSnapshots } = require('./snapshot-files')

let folder, files, heaps, snapshots

before(async () => {
  ({ folder, files } = await writeSnapshots())
  heaps = files.map(readSnapshot)
  snapshots = await Promise.all(files.map((file) => memwatch.openSnapshot(file)))
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

const objects = (heap, name) => heap.nodes.filter((node) => node.type === 'object' && node.name === name)
const classOf = (list, wanted) => list.find(({ name }) => name === wanted)
const write = (name, content) => {
  const file = path.join(folder, name)
  fs.writeFileSync(file, content)
  return file
}

describe('an opened snapshot', () => {
  it('has the counts and the size of the file', () => {
    snapshots.forEach((snapshot, at) => {
      const { nodes, edgeCount, totalSize } = heaps[at]
      assert.equal(snapshot.nodeCount, nodes.length)
      assert.equal(snapshot.edgeCount, edgeCount)
      assert.equal(snapshot.totalSize, totalSize)
      assert.equal(snapshot.rootRetainedSize, totalSize)
    })
  })

  it('counts classes as the file does', () => {
    snapshots.forEach((snapshot, at) => {
      const entries = objects(heaps[at], 'CacheEntry')
      const { count, shallowSize, retainedSize } = classOf(snapshot.classes(), 'CacheEntry')
      assert.equal(count, ENTRIES[at])
      assert.equal(count, entries.length)
      assert.equal(shallowSize, entries.reduce((sum, { size }) => sum + size, 0))
      assert.ok(retainedSize >= shallowSize + ENTRIES[at] * SECRET.length, 'each holds a string of its own')
    })
  })

  it('gives classes by retained size, which never passes the heap', () => {
    const sizes = snapshots[0].classes().map(({ retainedSize }) => retainedSize)
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a))
    assert.ok(sizes[0] <= snapshots[0].totalSize)
  })

  it('knows what an object retains, and what retains it', () => {
    const [snapshot, heap] = [snapshots[0], heaps[0]]
    const node = objects(heap, 'OneAndOnly').find(({ edges }) => edges.some(({ name }) => name === 'buffer'))
    const { total, retainers } = snapshot.retainers(node.id)
    assert.equal(total, node.retainers.length)
    const told = retainers.map(({ id, edgeName, edgeKind }) => `${id} ${edgeKind} ${edgeName}`).sort()
    const expected = node.retainers.map(({ from, type, name }) => `${from.id} ${type} ${name}`).sort()
    assert.deepEqual(told, expected)
    const [self, ...dominators] = snapshot.dominators(node.id)
    assert.equal(self.id, node.id)
    assert.ok(self.retainedSize > 1 << 20 && self.shallowSize < 1000)
    const sizes = dominators.map(({ retainedSize }) => retainedSize)
    assert.deepEqual(sizes, [...sizes].sort((a, b) => a - b))
    assert.equal(dominators.at(-1).id, heap.nodes[0].id)
    assert.equal(dominators.at(-1).retainedSize, snapshot.totalSize)
  })

  it('gives of many retainers the nearest, and tells how many there are', () => {
    const [snapshot, heap] = [snapshots[0], heaps[0]]
    const hub = heap.nodes.reduce((most, node) => node.retainers.length > most.retainers.length ? node : most)
    assert.ok(hub.retainers.length > 1000)
    const all = snapshot.retainers(hub.id, { limit: 2 ** 32 - 1 })
    assert.equal(all.total, hub.retainers.length)
    assert.equal(all.retainers.length, all.total)
    for (const [options, limit] of [[undefined, 100], [{}, 100], [{ limit: 7 }, 7]]) {
      assert.deepEqual(snapshot.retainers(hub.id, options), { total: all.total, retainers: all.retainers.slice(0, limit) })
    }
  })

  it('gives a path in the words of the program, whose every object the file has', () => {
    const [snapshot, heap] = [snapshots[0], heaps[0]]
    const node = objects(heap, 'OneAndOnly').find(({ edges }) => edges.some(({ name }) => name === 'buffer'))
    const { steps, fingerprint, text } = snapshot.path(node.id)
    const byId = new Map(heap.nodes.map((node) => [node.id, node]))
    for (const { id, name, kind, shallowSize, retainedSize, leaking, isSuspect, leftOut } of steps) {
      assert.equal(byId.get(id).type, kind)
      assert.ok(retainedSize >= shallowSize && name !== '' && leftOut === 0)
      if (isSuspect) assert.equal(leaking, 'unknown')
    }
    const { class: className, knownAs, edge, id } = steps.at(-1)
    assert.deepEqual({ className, knownAs, edge, id }, { className: 'OneAndOnly', knownAs: null, edge: '.single', id: node.id })
    const suspects = steps.filter(({ isSuspect }) => isSuspect)
    assert.deepEqual(suspects.map(({ edge }) => edge), ['.held', '.single'])
    assert.match(fingerprint, /^[0-9a-f]{16}$/)
    assert.equal(snapshots[1].path(node.id).fingerprint, fingerprint)
    assert.ok(text.includes(`→ OneAndOnly @${node.id}, 1 mb; leaking: unknown\n   ~~~~~~~\n`), text)
    assert.deepEqual(snapshot.path(heap.nodes[0].id), { steps: [], fingerprint: null, text: '' })
  })

  it('gives several paths, each through another holder', async () => {
    const [snapshot, heap] = [snapshots[0], heaps[0]]
    const [key] = objects(heap, 'Object').filter(({ edges }) => edges.some(({ name }) => name === 'isKey'))
    const [one] = await snapshot.paths(key.id, { count: 1 })
    const paths = await snapshot.paths(key.id)
    assert.deepEqual(paths[0], one)
    assert.ok(paths.length >= 1 && paths.length <= 3)
    assert.ok(paths.every(({ steps }) => steps.at(-1).id === key.id))
    const ways = paths.map(({ text }) => text)
    assert.equal(new Set(ways).size, paths.length)
    assert.deepEqual(paths[0], snapshot.path(key.id))
    const reason = new Error('enough')
    await assert.rejects(snapshot.paths(key.id, { signal: AbortSignal.abort(reason) }), { code: 'ERR_MEMWATCH_CANCELLED', cause: reason })
    await assert.rejects(snapshot.paths(key.id, { signal: 5 }), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
  })

  it('names of each class the one that retains most', () => {
    const [snapshot] = snapshots
    const { largestId, retainedSize } = classOf(snapshot.classes(), 'OneAndOnly')
    const [{ id, retainedSize: size }] = snapshot.dominators(largestId)
    assert.deepEqual([id, size], [largestId, retainedSize])
  })

  it('suspects what holds much', () => {
    const suspects = snapshots[0].suspects()
    const buffer = suspects.find(({ path }) => path.steps.some(({ edge }) => edge === '.single'))
    assert.ok(buffer.retainedSize >= 1 << 20)
    assert.ok(buffer.heapPercent >= 10 && buffer.heapPercent <= 100)
    assert.equal(buffer.path.steps.at(-1).id, buffer.accumulationPoint.id)
    for (const { retainedSize, parts, accumulated } of suspects) {
      assert.ok(!accumulated?.example || accumulated.example.retainedSize <= accumulated.retainedSize)
      assert.ok(parts.every((part) => part.retainedSize >= retainedSize / 10))
    }
  })

  it('is compared by node id', async () => {
    for (const [earlier, later] of [[0, 1], [1, 2], [0, 2]]) {
      const known = new Set(heaps[earlier].nodes.map(({ id }) => id))
      const came = objects(heaps[later], 'CacheEntry').filter(({ id }) => !known.has(id))
      const size = came.reduce((sum, node) => sum + node.size, 0)
      const { name, ...change } = classOf(await snapshots[earlier].diff(snapshots[later]), 'CacheEntry')
      assert.equal(came.length, ENTRIES[later] - ENTRIES[earlier])
      assert.deepEqual(change, {
        allocatedCount: came.length, allocatedSize: size, freedCount: 0, freedSize: 0, resizedSize: 0, growth: size
      })
    }
    assert.deepEqual(await snapshots[0].diff(snapshots[0]), [])
    const back = classOf(await snapshots[1].diff(snapshots[0]), 'CacheEntry')
    assert.equal(back.freedCount, ENTRIES[1] - ENTRIES[0])
  })

  it('gives as many of the biggest and of repeated strings as asked for', async () => {
    const [snapshot, heap] = [snapshots[0], heaps[0]]
    assert.equal((await snapshot.biggest()).length, 20)
    const biggest = await snapshot.biggest({ count: 5 })
    assert.deepEqual(biggest.map(({ retainedSize }) => retainedSize).sort((a, b) => b - a),
      biggest.map(({ retainedSize }) => retainedSize))
    const copies = heap.nodes.filter(({ type, name, size }) => type === 'string' && name === SECRET && size > 0)
    const groups = await snapshot.duplicateStrings({ count: 1000, showStrings: true })
    const group = groups.find(({ text }) => text === SECRET)
    assert.equal(group.count, copies.length)
    assert.equal(group.length, SECRET.length)
    assert.equal(group.isCut, false)
    assert.equal(group.shallowSize, copies.reduce((sum, { size }) => sum + size, 0))
    assert.ok(copies.some(({ id }) => id === group.exampleId))
  })

  it('hides what strings hold until it is asked for', async () => {
    const [snapshot, heap] = [snapshots[0], heaps[0]]
    const secret = heap.nodes.find(({ type, name }) => type === 'string' && name === SECRET)
    const ask = async (options) => JSON.stringify([
      snapshot.retainers(secret.id, options), snapshot.path(secret.id, options), await snapshot.paths(secret.id, options),
      snapshot.dominators(secret.id, options), snapshot.suspects(options),
      await snapshot.biggest({ count: heap.nodes.length, ...options }),
      await snapshot.duplicateStrings({ count: 1000, ...options })
    ])
    assert.ok((await ask({ showStrings: true })).includes(SECRET))
    for (const options of [undefined, {}, { showStrings: false }]) {
      assert.ok(!(await ask(options)).includes(SECRET))
    }
    const everything = heap.nodes.map(({ id }) => JSON.stringify(snapshot.retainers(id)))
    assert.ok(!everything.some((text) => text.includes(SECRET)))
    assert.ok(!JSON.stringify([snapshot.classes(), await snapshot.diff(snapshots[1])]).includes(SECRET))
    assert.equal(snapshot.path(secret.id).steps.at(-1).name, `(string of ${SECRET.length} characters)`)
    assert.equal(snapshot.path(secret.id, { showStrings: true }).steps.at(-1).name, SECRET)
  })

  it('refuses ids that it does not have, and options that it does not know', async () => {
    const [snapshot] = snapshots
    for (const ask of ['retainers', 'path', 'dominators']) {
      for (const id of [2 ** 32 - 2, 2 ** 53 - 1]) {
        assert.throws(() => snapshot[ask](id), { code: 'ERR_MEMWATCH_UNKNOWN_NODE', message: `the heap snapshot has no node @${id}` })
      }
      for (const id of [undefined, null, '1', -1, 1.5, NaN, Infinity, 2n]) {
        assert.throws(() => snapshot[ask](id), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
      }
      assert.throws(() => snapshot[ask](1, { showString: true }), { code: 'ERR_MEMWATCH_UNKNOWN_OPTION' })
      assert.throws(() => snapshot[ask](1, { showStrings: 1 }), { code: 'ERR_MEMWATCH_INVALID_OPTION' })
    }
    await assert.rejects(snapshot.paths(2 ** 32 - 2), { code: 'ERR_MEMWATCH_UNKNOWN_NODE' })
    await assert.rejects(snapshot.paths('1'), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
    for (const count of [0, -1, 1.5, '5', 2 ** 32, NaN]) {
      await assert.rejects(snapshot.paths(1, { count }), { code: 'ERR_MEMWATCH_INVALID_OPTION' })
      assert.throws(() => snapshot.retainers(1, { limit: count }), { code: 'ERR_MEMWATCH_INVALID_OPTION' })
      await assert.rejects(snapshot.biggest({ count }), { code: 'ERR_MEMWATCH_INVALID_OPTION' })
      await assert.rejects(snapshot.duplicateStrings({ count }), { code: 'ERR_MEMWATCH_INVALID_OPTION' })
    }
    for (const other of [undefined, null, {}, files[0]]) {
      await assert.rejects(snapshot.diff(other), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
    }
  })
})

describe('compareSnapshots', () => {
  it('tells with three snapshots what was allocated between the first two and stayed', async () => {
    const known = new Set(heaps[0].nodes.map(({ id }) => id))
    const last = new Map(heaps[2].nodes.map((node) => [node.id, node]))
    const stayed = heaps[1].nodes.filter(({ id }) => !known.has(id) && last.has(id)).map(({ id }) => last.get(id))
    const entries = stayed.filter(({ name, type }) => type === 'object' && name === 'CacheEntry')
    const { survivors, snapshots: totals, growth } = await memwatch.compareSnapshots(files)
    const { count, size, largestId } = classOf(survivors, 'CacheEntry')
    assert.equal(count, entries.length)
    assert.equal(count, ENTRIES[1] - ENTRIES[0])
    assert.equal(size, entries.reduce((sum, { size }) => sum + size, 0))
    assert.ok(entries.some(({ id }) => id === largestId))
    assert.equal(survivors.reduce((sum, { count }) => sum + count, 0), stayed.length)
    assert.equal(totals.length, 3)
    assert.equal(growth, heaps[2].totalSize - heaps[0].totalSize)
    assert.equal((await memwatch.compareSnapshots(files.slice(1))).survivors, null)
  })

  it('refuses what is no list of files, and is cancelled', async () => {
    for (const paths of [undefined, null, files[0], [], [files[0]], [files[0], 5]]) {
      await assert.rejects(memwatch.compareSnapshots(paths), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
    }
    await assert.rejects(memwatch.compareSnapshots(files, { count: 1 }), { code: 'ERR_MEMWATCH_UNKNOWN_OPTION' })
    await assert.rejects(memwatch.compareSnapshots([files[0], path.join(folder, 'nothing')]), { code: 'ERR_MEMWATCH_IO' })
    await assert.rejects(memwatch.compareSnapshots(files, { signal: AbortSignal.abort() }), { code: 'ERR_MEMWATCH_CANCELLED' })
  })
})

describe('openSnapshot', () => {
  it('takes a URL, and turns of the event loop go on meanwhile', async () => {
    let turns = 0
    let next
    const turn = () => {
      turns++
      next = setImmediate(turn)
    }
    turn()
    const { nodeCount } = await memwatch.openSnapshot(pathToFileURL(files[0]))
    clearImmediate(next)
    assert.ok(turns > 2)
    assert.equal(nodeCount, snapshots[0].nodeCount)
  })

  it('tells progress that rises', async () => {
    const percents = []
    await memwatch.openSnapshot(files[2], { onProgress: ({ percent }) => percents.push(percent) })
    assert.ok(percents.length > 0)
    assert.deepEqual(percents, [...new Set(percents)].sort((a, b) => a - b))
    assert.ok(percents.every((percent) => Number.isInteger(percent) && percent > 0 && percent <= 100))
  })

  it('rejects with what onProgress throws', async () => {
    const error = new Error('mine')
    await assert.rejects(memwatch.openSnapshot(files[0], { onProgress () { throw error } }), (thrown) => thrown === error)
  })

  it('is cancelled by a signal, before and meanwhile, and lets go of it', async () => {
    const reason = new Error('enough')
    const aborted = AbortSignal.abort(reason)
    const cancelled = { code: 'ERR_MEMWATCH_CANCELLED', cause: reason }
    await assert.rejects(memwatch.openSnapshot(files[0], { signal: aborted }), cancelled)
    const controller = new AbortController()
    const opening = memwatch.openSnapshot(files[2], { signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(opening, cancelled)
    const { signal } = new AbortController()
    await memwatch.openSnapshot(files[0], { signal })
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('lets V8 know what it weighs, so that those which are dropped do not pile up', async () => {
    const opened = await inChild(async (memwatch, { turn }, file) => {
      const collected = []
      const registry = new FinalizationRegistry((one) => collected.push(one))
      let opened = 0
      while (collected.length === 0 && opened < 100) {
        registry.register(await memwatch.openSnapshot(file), opened)
        opened++
        await turn()
      }
      return opened
    }, { argument: files[2] })
    // Without it, more than 200.
    assert.ok(opened < 100, `${opened} were opened and none was collected`)
  })

  it('does not keep a process that exits waiting, nor leaves anything behind', async () => {
    const listeners = await inChild(async (memwatch, tools, [file]) => {
      const seen = []
      const count = () => seen.push(process.listenerCount('exit'))
      count()
      const both = [memwatch.openSnapshot(file), memwatch.openSnapshot(file)]
      count()
      await Promise.all(both)
      await memwatch.openSnapshot('/nowhere').catch(count)
      return seen
    }, { argument: files })
    assert.deepEqual(listeners, [listeners[0], listeners[0] + 1, listeners[0]])
    const { code, stderr } = await runChild((memwatch, tools, [file]) => {
      memwatch.openSnapshot(file)
      process.exit(5)
    }, { argument: files })
    assert.deepEqual({ code, stderr }, { code: 5, stderr: '' })
  })

  it('says what is wrong with a file, by a code', async () => {
    const whole = fs.readFileSync(files[0])
    const refused = async (file, code) => assert.rejects(memwatch.openSnapshot(file), (error) => {
      assert.equal(error.code, code, error.message)
      assert.ok(error instanceof Error && !error.message.includes(SECRET))
      return true
    })
    for (const share of [0.1, 0.5, 0.9, 0.9999]) {
      await refused(write('cut', whole.subarray(0, whole.length * share)), 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED')
    }
    await refused(write('empty', ''), 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED')
    for (const text of ['hello', '{"name":"memwatch-rs"}', '[1,2]']) {
      await refused(write('foreign', text), 'ERR_MEMWATCH_SNAPSHOT_FOREIGN')
    }
    await refused(path.join(folder, 'nothing'), 'ERR_MEMWATCH_IO')
  })

  it('reads what gzip compressed, and says what is wrong with it', async () => {
    const compressed = zlib.gzipSync(fs.readFileSync(files[0]))
    const snapshot = await memwatch.openSnapshot(write('any-name', compressed))
    assert.deepEqual(snapshot.classes(), snapshots[0].classes())
    const cut = write('cut.gz', compressed.subarray(0, compressed.length / 2))
    await assert.rejects(memwatch.openSnapshot(cut), { code: 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED' })
    compressed[compressed.length - 8] ^= 1
    await assert.rejects(memwatch.openSnapshot(write('damaged.gz', compressed)), { code: 'ERR_MEMWATCH_SNAPSHOT_GZIP' })
  })

  it('refuses what is no path and no option', async () => {
    for (const file of [undefined, null, 5, '', 'a\0b', {}, new URL('http://localhost/a')]) {
      await assert.rejects(memwatch.openSnapshot(file), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
    }
    for (const options of [null, 5, { signal: {} }, { onProgress: true }]) {
      await assert.rejects(memwatch.openSnapshot(files[0], options), { name: 'TypeError', code: 'ERR_MEMWATCH_INVALID_OPTION' })
    }
    await assert.rejects(memwatch.openSnapshot(files[0], { progress () {} }), { code: 'ERR_MEMWATCH_UNKNOWN_OPTION' })
  })
})
