// capture and writeSnapshot: the heap as a forked copy of the process finds it, while the process goes on.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, inChild, temporaryFolder } = require('./child')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities

it('says whether it can', () => {
  assert.equal(backgroundCapture, process.platform === 'linux')
  assert.equal(backgroundCaptureReason === null, backgroundCapture)
})

/** A control group for memory that is removed after the test; none where there may be no new ones. */
function memoryGroup (t) {
  const versions = [
    { parent: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', unlimited: '-1' },
    { parent: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current', unlimited: 'max' }
  ]
  for (const { parent, ...names } of versions) {
    const folder = path.join(parent, `memwatch-test-${process.pid}`)
    try {
      fs.mkdirSync(folder)
    } catch {
      continue
    }
    t.after(() => fs.rmdirSync(folder))
    if (fs.existsSync(path.join(folder, names.limit))) return { folder, ...names }
  }
  return null
}

describe('a background capture', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  it('by V8 finds the classes that a snapshot file of the same heap has', async (t) => {
    const { captured, counted, file } = await inChild(async (memwatch, tools, folder) => {
      const v8 = require('node:v8')
      class Planted { constructor (at) { this.at = at + 0.5 } }
      class Holder { constructor (held) { this.held = held } }
      globalThis.held = new Holder(Array.from({ length: 20_000 }, (_, at) => new Planted(at)))
      const path = `${folder}/heap.heapsnapshot`
      // The first time loads code.
      await memwatch.capture({ engine: 'v8' })
      await memwatch.openSnapshot(v8.writeHeapSnapshot(path))
      v8.writeHeapSnapshot(path)
      const captured = await memwatch.capture({ engine: 'v8' })
      const counted = await memwatch.capture({ as: 'classes', engine: 'v8' })
      const file = await memwatch.openSnapshot(path)
      return {
        captured,
        counted,
        file: { nodeCount: file.nodeCount, edgeCount: file.edgeCount, totalSize: file.totalSize, classes: file.classes() }
      }
    }, { argument: temporaryFolder(t), env: { NODE_NO_WARNINGS: '1' } })

    assert.deepEqual(Object.keys(captured).sort(), ['attempts', 'classes', 'durationMs', 'edgeCount', 'engine',
      'nodeCount', 'pauseMs', 'suspects', 'totalSize'])
    assert.deepEqual([captured.engine, counted.engine], ['v8', 'v8'])
    assert.ok(captured.pauseMs > 0 && captured.pauseMs < captured.durationMs)
    assert.ok(captured.attempts >= 1)
    // What capturing itself puts on the heap is some tens of objects.
    for (const field of ['nodeCount', 'edgeCount', 'totalSize']) {
      const [one, other] = [captured[field], file[field]]
      assert.ok(Math.abs(one - other) <= other * 0.005, `${field}: ${one} and ${other}`)
    }
    const ofFile = new Map(file.classes.map((one) => [one.name, one]))
    const planted = captured.classes.find(({ name }) => name === 'Planted')
    assert.equal(planted.count, 20_000)
    for (const name of ['Planted', 'Holder']) {
      const { largestId, retainedSize: expectedSize, ...expected } = ofFile.get(name)
      const { retainedSize, ...found } = captured.classes.find((one) => one.name === name)
      assert.deepEqual(found, expected)
      // V8's own tables of a class come and go.
      assert.ok(Math.abs(retainedSize - expectedSize) <= expectedSize * 0.005, `${name}: ${retainedSize} and ${expectedSize}`)
    }
    const same = ({ name, ...one }) => {
      const { largestId, name: _, ...other } = ofFile.get(name) ?? {}
      return JSON.stringify(one) === JSON.stringify(other)
    }
    const different = captured.classes.filter((one) => !same(one))
    assert.ok(different.length < captured.classes.length / 5, different.map(({ name }) => name).join())
    const suspect = captured.suspects.find(({ accumulated }) => accumulated?.name === 'Planted')
    assert.equal(suspect.accumulated.count, 20_000)
    assert.ok(Math.abs(counted.totalSize - file.totalSize) <= file.totalSize * 0.01, `${counted.totalSize} and ${file.totalSize}`)
  })

  it('by our own reader finds the instances and sizes that V8 finds', async () => {
    const { byReader, byV8 } = await inChild(async (memwatch) => {
      class Planted {
        constructor (at) {
          this.at = at + 0.5
          this[at % 2] = [at]
        }
      }
      class Holder { constructor (held) { this.held = held } }
      globalThis.held = new Holder(Array.from({ length: 20_000 }, (_, at) => new Planted(at)))
      // The first time loads code.
      for (const engine of ['reader', 'v8']) await memwatch.capture({ engine })
      const captured = async (engine) => ({
        summary: await memwatch.capture({ engine }),
        counted: await memwatch.capture({ as: 'classes', engine })
      })
      return { byReader: await captured('reader'), byV8: await captured('v8') }
    })
    const common = ['attempts', 'classes', 'durationMs', 'engine', 'nodeCount', 'pauseMs', 'totalSize']
    for (const [engine, { summary, counted }] of [['reader', byReader], ['v8', byV8]]) {
      assert.deepEqual([summary.engine, counted.engine], [engine, engine])
      assert.deepEqual(Object.keys(summary).sort(), [...common, 'edgeCount', 'suspects'].sort())
      assert.deepEqual(Object.keys(counted).sort(), common)
      assert.deepEqual(Object.keys(counted.classes[0]).sort(), ['count', 'name', 'shallowSize'])
      assert.ok(counted.classes.every(({ shallowSize }, at, all) => at === 0 || shallowSize <= all[at - 1].shallowSize))
      const suspect = summary.suspects.find(({ accumulated }) => accumulated?.name === 'Planted')
      assert.equal(suspect.accumulated.count, 20_000)
    }
    for (const as of ['summary', 'counted']) {
      for (const name of ['Planted', 'Holder']) {
        const of = ({ [as]: { classes } }) => classes.find((one) => one.name === name)
        const { retainedSize, ...found } = of(byReader)
        const { retainedSize: expectedSize, ...expected } = of(byV8)
        assert.deepEqual(found, expected)
        // V8's own tables of a class come and go.
        if (as === 'summary') assert.ok(Math.abs(retainedSize - expectedSize) <= expectedSize * 0.005, `${name}: ${retainedSize} and ${expectedSize}`)
      }
    }
  })

  it('tells the paths that retain most', async () => {
    const { keys, path, sizes } = await inChild(async (memwatch) => {
      class Planted { constructor (at) { this.at = at + 0.5 } }
      globalThis.held = Array.from({ length: 20_000 }, (_, at) => new Planted(at))
      const { classes, paths, suspects } = await memwatch.capture({ as: 'graph' })
      const path = paths.find(({ steps }) => steps.at(-1).className === 'Planted')
      return { keys: [classes.length > 50, suspects.length > 0, paths.length], path, sizes: paths.map((one) => one.retainedSize) }
    })
    assert.deepEqual(keys, [true, true, 1000])
    const { path: text, count, shallowSize, retainedSize, steps } = path
    assert.deepEqual(steps.slice(-2), [{ edgeName: 'held', className: 'Array' }, { edgeName: '[x]', className: 'Planted' }])
    assert.ok(text.endsWith('held (Array) → [x] (Planted)'), text)
    assert.equal(count, 20_000)
    assert.ok(shallowSize >= count * 16 && retainedSize >= shallowSize + count * 8)
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a))
  })

  it('tells nothing of what strings hold', async () => {
    const { summary, hasName } = await inChild(async (memwatch) => {
      class Planted {}
      globalThis.held = Array.from({ length: 20_000 }, (_, at) => Object.assign(new Planted(), { text: `secret ${at}` }))
      globalThis.secrets = new Map(globalThis.held.map((one) => [`secret key ${one.text}`, one]))
      const captured = await memwatch.capture()
      return { summary: JSON.stringify(captured), hasName: captured.classes.some(({ name }) => name === 'Planted') }
    })
    assert.ok(hasName)
    assert.doesNotMatch(summary, /secret \d|secret key/)
  })

  it('tells how far it has come', async () => {
    const percents = await inChild(async (memwatch) => {
      globalThis.held = Array.from({ length: 300_000 }, (_, at) => ({ at }))
      const all = []
      for (const options of [{ engine: 'reader' }, { engine: 'v8' }, { as: 'classes' }]) {
        const percents = []
        await memwatch.capture({ ...options, onProgress: ({ percent }) => percents.push(percent) })
        all.push(percents)
      }
      return all
    })
    for (const told of percents) {
      assert.deepEqual(told, [...new Set(told)].sort((a, b) => a - b))
      assert.equal(told.at(-1), 100)
    }
    assert.deepEqual(percents.map((told) => told.length > 5), [true, true, false])
  })

  it('tells the end to a program that is too busy to hear of the rest', async () => {
    const last = await inChild(async (memwatch) => {
      const busy = setInterval(() => {
        const end = Date.now() + 40
        while (Date.now() < end);
      }, 1)
      let last
      await memwatch.capture({ as: 'classes', onProgress: ({ percent }) => { last = percent } })
      clearInterval(busy)
      return last
    })
    assert.equal(last, 100)
  })

  it('writes a snapshot file that only its owner reads', async (t) => {
    const folder = temporaryFolder(t)
    const { captured, file, names, called } = await inChild(async (memwatch, tools, folder) => {
      const fs = require('node:fs')
      class Planted {}
      globalThis.held = Array.from({ length: 1000 }, () => new Planted())
      process.chdir(folder)
      const captured = await memwatch.capture({ as: 'snapshot', path: 'a.heapsnapshot' })
      const file = await memwatch.openSnapshot('a.heapsnapshot')
      await memwatch.writeSnapshot(new URL(`file://${folder}/b.heapsnapshot`), { timeoutMs: 60_000 })
      const named = await memwatch.writeSnapshot()
      const called = await new Promise((resolve) => memwatch.writeSnapshot('c.heapsnapshot', (error, path) => resolve([error, path])))
      const failed = await new Promise((resolve) => memwatch.writeSnapshot('missing/c', (error) => resolve(error.code)))
      await memwatch.openSnapshot(named)
      return {
        captured,
        called: [...called, failed],
        names: fs.readdirSync('.').sort(),
        file: {
          nodeCount: file.nodeCount,
          edgeCount: file.edgeCount,
          totalSize: file.totalSize,
          planted: file.classes().find(({ name }) => name === 'Planted').count
        }
      }
    }, { argument: folder })
    const { path: written, engine, attempts, pauseMs, durationMs, ...counts } = captured
    assert.equal(written, path.join(folder, 'a.heapsnapshot'))
    assert.deepEqual({ ...counts, planted: 1000 }, file)
    assert.equal(fs.statSync(written).mode & 0o777, 0o600)
    assert.deepEqual(called, [null, path.join(folder, 'c.heapsnapshot'), 'ERR_MEMWATCH_IO'])
    assert.deepEqual(names.filter((name) => !name.startsWith('heap-')), ['a.heapsnapshot', 'b.heapsnapshot', 'c.heapsnapshot'])
    const [named] = names.filter((name) => name.startsWith('heap-'))
    assert.match(named, /^heap-\d+-\d{8}T\d{6}-\d{3}Z\.heapsnapshot$/)
  })

  it('leaves nothing behind when the file cannot be written', async (t) => {
    const folder = temporaryFolder(t)
    fs.mkdirSync(path.join(folder, 'folder'))
    fs.writeFileSync(path.join(folder, 'kept'), 'as it was')
    const codes = await inChild(async (memwatch, tools, folder) => {
      const refusal = (path, options) => memwatch.writeSnapshot(path, options)
        .then(() => 'written', ({ code, message }) => `${code} ${message.includes(path)}`)
      return [
        await refusal(`${folder}/missing/file`),
        await refusal(`${folder}/folder`),
        await refusal('/dev/full'),
        await memwatch.writeSnapshot(`${folder}/kept`, { timeoutMs: 1 }).catch(({ code }) => code)
      ]
    }, { argument: folder })
    assert.deepEqual(codes, ['ERR_MEMWATCH_IO true', 'ERR_MEMWATCH_IO true', 'ERR_MEMWATCH_IO true',
      'ERR_MEMWATCH_CAPTURE_TIMEOUT'])
    assert.deepEqual(fs.readdirSync(folder).sort(), ['folder', 'kept'])
    assert.equal(fs.readFileSync(path.join(folder, 'kept'), 'utf8'), 'as it was')
    assert.ok(fs.statSync('/dev/full').isCharacterDevice())
  })

  it('refuses what it cannot do with a code', async () => {
    const codes = await inChild(async (memwatch) => {
      const aborted = AbortSignal.abort(new Error('enough'))
      const attempts = [null, { as: 'everything' }, { as: 'classes', path: 'a' }, { forced: true }, { force: 1 }, { retries: -1 },
        { stallMs: 0 }, { timeoutMs: '1' }, { memoryLimit: 'much' }, { signal: 1 }, { signal: aborted }, { timeoutMs: 1 },
        { memoryLimit: 100_000, retries: 0 }]
      const codes = []
      for (const options of attempts) {
        codes.push(await memwatch.capture(options).then(() => 'captured', (error) => error.code))
      }
      codes.push(await memwatch.writeSnapshot({ as: 'classes' }).catch(({ code }) => code))
      for (const options of [{ engine: 'gdb' }, { as: 'comparison', engine: 'v8' }, { as: 'comparison', mode: 'in-process' }]) {
        codes.push(await memwatch.capture(options).catch(({ code }) => code))
      }
      codes.push((await memwatch.capture({ as: 'classes' })).engine)
      return codes
    })
    const invalid = 'ERR_MEMWATCH_INVALID_OPTION'
    const unknown = 'ERR_MEMWATCH_UNKNOWN_OPTION'
    assert.deepEqual(codes, [invalid, invalid, invalid, unknown, invalid, invalid, invalid, invalid, invalid, invalid,
      'ERR_MEMWATCH_CANCELLED', 'ERR_MEMWATCH_CAPTURE_TIMEOUT', 'ERR_MEMWATCH_CAPTURE_DIED', unknown, invalid, invalid, invalid, 'reader'])
  })

  it('ends its copy when it is cancelled', async () => {
    const { code, cause, children } = await inChild(async (memwatch) => {
      const fs = require('node:fs')
      globalThis.held = Array.from({ length: 300_000 }, (_, at) => ({ at }))
      const controller = new AbortController()
      const onProgress = () => controller.abort(new Error('enough'))
      const error = await memwatch.capture({ signal: controller.signal, onProgress }).catch((error) => error)
      return {
        code: error.code,
        cause: error.cause.message,
        children: fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
      }
    })
    assert.deepEqual([code, cause, children], ['ERR_MEMWATCH_CANCELLED', 'enough', ''])
  })

  it('tries again by V8 when a copy is ended, but not when it is killed', async () => {
    const { again, same, killed } = await inChild(async (memwatch) => {
      const fs = require('node:fs')
      globalThis.held = Array.from({ length: 500_000 }, (_, at) => ({ at }))
      const endFirst = (signal) => {
        let ended = false
        return () => {
          const [child] = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
          if (!ended && child) process.kill(Number(child), signal)
          ended = true
        }
      }
      const told = ({ attempts, engine, engineReason }) => [attempts, engine, engineReason]
      const again = told(await memwatch.capture({ onProgress: endFirst('SIGSEGV') }))
      const same = told(await memwatch.capture({ engine: 'reader', onProgress: endFirst('SIGSEGV') }))
      const killed = await memwatch.capture({ onProgress: endFirst('SIGKILL') }).catch((error) => error)
      return { again, same, killed: [killed.code, killed.message] }
    })
    const [attempts, engine, reason] = again
    assert.deepEqual([attempts, engine], [2, 'v8'])
    assert.match(reason, /SIGSEGV/)
    assert.deepEqual(same.slice(0, 2), [2, 'reader'])
    assert.equal(killed[0], 'ERR_MEMWATCH_CAPTURE_DIED')
    assert.match(killed[1], /SIGKILL/)
  })

  it('waits its turn in one thread and is refused in another', async () => {
    const { both, refused, inWorker } = await inChild(async (memwatch, tools, PACKAGE) => {
      const { Worker } = require('node:worker_threads')
      const ask = (worker) => new Promise((resolve) => {
        worker.once('message', resolve)
        worker.postMessage('go')
      })
      const source = `
        const { parentPort } = require('node:worker_threads')
        const memwatch = require(${JSON.stringify(PACKAGE)})
        class InWorker {}
        globalThis.held = Array.from({ length: 100 }, () => new InWorker())
        parentPort.on('message', () => memwatch.capture({ as: 'classes' })
          .then(({ classes }) => classes.find(({ name }) => name === 'InWorker')?.count, ({ code }) => code)
          .then((answer) => parentPort.postMessage(answer)))
        parentPort.postMessage('ready')`
      const worker = new Worker(source, { eval: true })
      await new Promise((resolve) => worker.once('message', resolve))
      globalThis.held = Array.from({ length: 200_000 }, (_, at) => ({ at }))
      let refused = null
      const onProgress = () => { refused ??= ask(worker) }
      const both = await Promise.all([memwatch.capture({ onProgress }), memwatch.capture({ as: 'classes' })])
      refused = await refused
      const inWorker = await ask(worker)
      await worker.terminate()
      return { both: both.map(({ engine }) => engine), refused, inWorker }
    }, { argument: PACKAGE })
    assert.deepEqual(both, ['reader', 'reader'])
    assert.equal(refused, 'ERR_MEMWATCH_CAPTURE_BUSY')
    assert.equal(inWorker, 100)
  })

  it('leaves the service alone', async () => {
    const { answered, lost, status } = await inChild(async (memwatch) => {
      const http = require('node:http')
      const { spawnSync } = require('node:child_process')
      const { setTimeout } = require('node:timers/promises')
      const server = http.createServer((request, response) => response.end(`echo ${request.url}`))
      await new Promise((resolve) => server.listen(0, resolve))
      const agent = new http.Agent({ keepAlive: true })
      const load = { answered: 0, lost: 0, isOver: false }
      const ask = (at) => new Promise((resolve) => {
        http.get({ port: server.address().port, path: `/${at}`, agent }, (response) => {
          let text = ''
          response.on('data', (part) => { text += part })
          response.on('end', () => resolve(text === `echo /${at}`))
        }).on('error', () => resolve(false))
      })
      const clients = Array.from({ length: 8 }, async (_, client) => {
        for (let at = client; !load.isOver; at += 8) {
          load[await ask(at) ? 'answered' : 'lost']++
          // The copy has the lowest priority: it needs a processor that is free now and then.
          await setTimeout(2)
        }
      })
      for (let round = 0; round < 2 || load.answered <= 50; round++) await memwatch.capture({ as: 'classes' })
      const { status } = spawnSync(process.execPath, ['-e', ''])
      load.isOver = true
      await Promise.all(clients)
      agent.destroy()
      server.close()
      return { ...load, status }
    })
    assert.ok(answered > 50, `${answered}`)
    assert.deepEqual([lost, status], [0, 0])
  })

  it('keeps no connection or listening socket open that the service closes', async () => {
    const { refused, isCapturing } = await inChild(async (memwatch) => {
      const fs = require('node:fs')
      const net = require('node:net')
      const { once } = require('node:events')
      const copy = () => Number(fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')[0])
      globalThis.held = Array.from({ length: 100_000 }, (_, at) => ({ at }))
      const server = net.createServer()
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address()
      const client = net.connect(port, '127.0.0.1')
      const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
      let stopped
      const isStopped = new Promise((resolve) => { stopped = resolve })
      let hasBegun = false
      const onProgress = () => {
        if (hasBegun) return
        hasBegun = true
        // It waits with whatever it has open.
        const pid = copy()
        process.kill(pid, 'SIGSTOP')
        stopped(pid)
      }
      const captured = memwatch.capture({ onProgress })
      const pid = await isStopped
      accepted.destroy()
      await new Promise((resolve) => server.close(resolve))
      await once(client.resume(), 'close')
      const [error] = await once(net.connect(port, '127.0.0.1'), 'error')
      const isCapturing = copy() === pid
      process.kill(pid, 'SIGCONT')
      await captured
      return { refused: error.code, isCapturing }
    })
    assert.deepEqual({ refused, isCapturing }, { refused: 'ECONNREFUSED', isCapturing: true })
  })

  it('of a copy of our reader that has no memory left tells with a code', async () => {
    const { failures, engine, children } = await inChild(async (memwatch) => {
      const fs = require('node:fs')
      globalThis.held = Array.from({ length: 300_000 }, (_, at) => ({ at }))
      const failures = []
      for (const as of ['classes', 'summary', 'graph']) {
        const options = { as, engine: 'reader', memoryLimit: '1 MB', retries: 0 }
        failures.push(await memwatch.capture(options).catch(({ code }) => code))
      }
      const { engine } = await memwatch.capture({ engine: 'reader' })
      return { failures, engine, children: fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8') }
    })
    assert.deepEqual(failures, new Array(3).fill('ERR_MEMWATCH_CAPTURE_DIED'))
    assert.deepEqual([engine, children], ['reader', ''])
  })

  it('is what the kernel ends where the memory of a container runs out', async (t) => {
    const group = memoryGroup(t)
    if (!group) return t.skip('to make a control group takes root')
    const { failure, engine } = await inChild(async (memwatch, tools, group) => {
      const fs = require('node:fs')
      const read = (name) => Number(fs.readFileSync(`${group.folder}/${name}`, 'utf8'))
      fs.writeFileSync(`${group.folder}/cgroup.procs`, String(process.pid))
      globalThis.held = Array.from({ length: 300_000 }, (_, at) => ({ at }))
      // What the process had before it came into the group does not count there, but weighs when the kernel chooses.
      globalThis.filling = Buffer.alloc(128 << 20, 1)
      // The first time loads code.
      await memwatch.capture()
      fs.writeFileSync(`${group.folder}/${group.limit}`, String(read(group.used) + (8 << 20)))
      const failure = await memwatch.capture({ engine: 'reader', force: true }).catch(({ code, message }) => `${code} ${message}`)
      fs.writeFileSync(`${group.folder}/${group.limit}`, group.unlimited)
      const { engine } = await memwatch.capture()
      return { failure, engine }
    }, { argument: group })
    assert.match(failure, /^ERR_MEMWATCH_CAPTURE_DIED .*SIGKILL/)
    assert.equal(engine, 'reader')
  })

  it('leaves the flight recording alone', async (t) => {
    const recorder = path.join(temporaryFolder(t), 'recording')
    const { newest, recorded } = await inChild(async (memwatch, tools, recorder) => {
      const fs = require('node:fs')
      memwatch.configure({ recorder })
      globalThis.gc()
      await memwatch.capture({ as: 'classes' })
      const newest = memwatch.history().events.at(-1).sequence
      // Of each record the first word is its number plus one; they fill the file's end.
      const words = new BigUint64Array(new Uint8Array(fs.readFileSync(recorder)).buffer)
      const records = words.subarray(words.length - memwatch.config.capacity * 40)
      const recorded = records.reduce((highest, word, at) => at % 40 === 0 && word > highest ? word : highest, 0n)
      return { newest, recorded: Number(recorded) - 1 }
    }, { argument: recorder })
    assert.equal(recorded, newest)
  })
})
