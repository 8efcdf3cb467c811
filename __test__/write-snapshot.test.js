// Snapshot files that are written in the background: what they tell of strings, how they are compressed, how many and
// how large they may be, and that nothing is left of one that failed.
'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { gunzipSync } = require('node:zlib')
const { inChild, temporaryFolder } = require('./child')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities
const skip = !backgroundCapture && backgroundCaptureReason

/** A program whose strings, patterns and keys hold what nobody else may read. */
function programWithSecrets (vm) {
  // Of strings that are put together V8 tells nothing: these are in one piece.
  const secret = (name) => Buffer.from(`${name}-${'5ecr3t'.repeat(2)}-${process.pid}`).toString()
  class Session { constructor (at) { this.token = secret(`token${at}`) } }
  class Store { sessions = new Map() }
  const store = globalThis.store = new Store()
  for (let at = 0; at < 20_000; at++) store.sessions.set(secret(`key${at}`), new Session(at))
  const weak = globalThis.weak = new WeakMap()
  weak.set(store, secret('weak'))
  globalThis.dictionary = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [secret(`name${at}`), at]))
  globalThis.users = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`jane${'xyz'[at % 3].repeat(at / 3 + 1)}`, { at }]))
  globalThis.mail = { [`${secret('mail')}@example.com`]: true }
  globalThis.pattern = new RegExp(secret('pattern'))
  globalThis.parts = secret('left').padEnd(200, '.') + secret('right').padStart(200, '.')
  globalThis.slice = globalThis.parts.repeat(3).slice(3, -3)
  globalThis.wide = `${secret('wide')} \u{1F600}`
  globalThis.error = new Error(secret('error'))
  globalThis.parsed = JSON.parse(JSON.stringify({ list: [secret('parsed'), { deep: secret('deep') }] }))
  globalThis.made = new Function(`return '${secret('code')}'`) // eslint-disable-line no-new-func
  globalThis.listen = (() => {
    const captured = secret('captured')
    return function handleRequest () { return captured }
  })()
  globalThis.module = vm.runInThisContext('(function inModule () {})', { filename: `data:text/javascript,${secret('module')}` })
}

describe('a snapshot file', { skip }, () => {
  it('tells nothing of what strings hold, and the same of everything else', async (t) => {
    const folder = temporaryFolder(t)
    const { opened, duplicates } = await inChild(async (memwatch, tools, { folder, program }) => {
      ;(0, eval)(`(${program})`)(require('node:vm')) // eslint-disable-line no-eval
      // The first time loads code.
      await memwatch.capture()
      const opened = {}
      const duplicates = {}
      for (const strings of ['full', 'none', 'lengths']) {
        const file = `${folder}/${strings}.heapsnapshot`
        await (strings === 'none' ? memwatch.writeSnapshot(file) : memwatch.writeSnapshot(file, { strings }))
        const snapshot = await memwatch.openSnapshot(file)
        const classes = snapshot.classes()
        const planted = classes.filter(({ name }) => ['Session', 'Store', 'Map', 'WeakMap', 'RegExp'].includes(name))
        const session = snapshot.path(classes.find(({ name }) => name === 'Session').largestId)
        const [{ accumulated, path }] = snapshot.suspects()
        duplicates[strings] = (await snapshot.duplicateStrings({ count: 1000, showStrings: true })).map(({ text }) => text)
        opened[strings] = {
          planted: planted.map(({ name, count, shallowSize }) => [name, count, shallowSize]),
          store: classes.find(({ name }) => name === 'Store').retainedSize,
          fingerprints: [session.fingerprint, path.fingerprint],
          edges: [session, path].map(({ steps }) => steps.map(({ edge }) => edge.replace(/@\d+/, '@'))),
          accumulated: [accumulated.name, accumulated.count]
        }
      }
      return { opened, duplicates }
    }, { argument: { folder, program: String(programWithSecrets) } })
    const { store: expectedSize, ...expected } = opened.full
    for (const strings of ['none', 'lengths']) {
      const { store: size, ...same } = opened[strings]
      assert.deepEqual(same, expected)
      assert.ok(Math.abs(size - expectedSize) <= expectedSize * 0.005, `${strings}: ${size} and ${expectedSize}`)
      assert.ok(duplicates[strings].every((text) => !text.startsWith('(string')), `${duplicates[strings]}`)
      const file = fs.readFileSync(path.join(folder, `${strings}.heapsnapshot`), 'utf8')
      assert.doesNotMatch(file, /5ecr3t|janex|\u{1F600}/u)
      assert.match(file, /"handleRequest"/)
      assert.equal(/string of 2\d characters/.test(file), strings === 'lengths')
    }
    assert.ok(duplicates.full.length > 0)
    const full = fs.readFileSync(path.join(folder, 'full.heapsnapshot'), 'utf8')
    for (const name of ['token0', 'key0', 'weak', 'name0', 'mail', 'pattern', 'left', 'wide', 'error', 'parsed', 'deep', 'code',
      'captured', 'module']) {
      assert.ok(full.includes(`${name}-5ecr3t5ecr3t-`), name)
    }
  })

  it('is compressed when it is asked for or called so', async (t) => {
    const folder = temporaryFolder(t)
    const { paths, nodes } = await inChild(async (memwatch, tools, folder) => {
      const paths = [
        await memwatch.writeSnapshot(`${folder}/a.heapsnapshot.gz`),
        await memwatch.writeSnapshot(`${folder}/b.heapsnapshot`, { gzip: true }),
        await memwatch.writeSnapshot({ directory: folder, gzip: true })
      ]
      const nodes = []
      for (const path of paths) nodes.push((await memwatch.openSnapshot(path)).nodeCount)
      return { paths, nodes }
    }, { argument: folder })
    for (const [at, file] of paths.entries()) {
      const { snapshot } = JSON.parse(gunzipSync(fs.readFileSync(file)))
      assert.equal(snapshot.node_count, nodes[at])
      assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    }
    assert.equal(path.dirname(paths[2]), folder)
    assert.match(path.basename(paths[2]), /^heap-\d+-\d{8}T\d{6}-\d{3}Z\.heapsnapshot\.gz$/)
    assert.equal(fs.readdirSync(folder).length, 3)
  })

  it('is one of so many, and no larger than it may be', async (t) => {
    const folder = temporaryFolder(t)
    for (const name of ['mine', 'heap-1-20200101T000000-000Z.heapsnapshot', 'heap-2-20200102T000000-000Z.heapsnapshot.gz']) {
      fs.writeFileSync(path.join(folder, name), '')
    }
    const { first, second, code } = await inChild(async (memwatch, tools, directory) => {
      const first = await memwatch.writeSnapshot({ directory, maxFiles: 2, maxBytes: '100 MB' })
      const { code } = await memwatch.writeSnapshot({ directory, maxFiles: 1, maxBytes: '1 MB' }).catch((error) => error)
      const second = await memwatch.writeSnapshot({ directory, maxFiles: 2 })
      return { first, second, code }
    }, { argument: folder })
    assert.equal(code, 'ERR_MEMWATCH_FILE_TOO_LARGE')
    assert.deepEqual(fs.readdirSync(folder).sort(), [first, second].map((file) => path.basename(file)).concat('mine').sort())
  })

  it('is not written with options that nobody knows', async () => {
    const codes = await inChild(async (memwatch) => {
      const attempts = [{ strings: 'some' }, { gzip: 1 }, { maxFiles: 0 }, { maxBytes: 'much' }, { directory: '' }]
      const codes = []
      for (const options of attempts) codes.push(await memwatch.writeSnapshot(options).catch(({ code }) => code))
      codes.push(await memwatch.writeSnapshot('a', { maxFiles: 1 }).catch(({ code }) => code))
      codes.push(await memwatch.capture({ strings: 'none' }).catch(({ code }) => code))
      return codes
    })
    assert.deepEqual(codes, new Array(7).fill('ERR_MEMWATCH_INVALID_OPTION'))
  })
})

describe('a snapshot file that cannot be written', { skip }, () => {
  /** Runs attempts in one process: their codes, and what is left in the folder when the service has gone on. */
  const failing = async (t, body, options) => {
    const folder = temporaryFolder(t)
    const { codes, engine } = await inChild(body, { argument: folder, ...options })
    assert.equal(engine, 'reader', 'the service goes on, and the next capture works')
    return { codes, left: fs.readdirSync(folder) }
  }

  it('leaves nothing where the disk takes no more', async (t) => {
    const { codes, left } = await failing(t, async (memwatch, tools, folder) => {
      const { execFileSync } = require('node:child_process')
      const codes = []
      for (const gzip of [false, true]) codes.push(await memwatch.writeSnapshot('/dev/full', { gzip }).catch(({ code }) => code))
      // A limit that the copy inherits, as a quota would be one.
      execFileSync('prlimit', ['--pid', `${process.pid}`, '--fsize=200000:unlimited'])
      for (const options of [{}, { gzip: true }, { mode: 'in-process' }]) {
        codes.push(await memwatch.writeSnapshot(`${folder}/file`, options).catch(({ code }) => code))
      }
      const { engine } = await memwatch.capture({ as: 'classes' })
      return { codes, engine }
    })
    assert.deepEqual(codes, new Array(5).fill('ERR_MEMWATCH_IO'))
    assert.deepEqual(left, [])
  })

  it('leaves nothing where a full file system takes no more', async (t) => {
    const folder = temporaryFolder(t)
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', folder])
    if (mount.status !== 0) return t.skip('to mount takes root')
    try {
      const message = await inChild((memwatch, tools, folder) => memwatch.writeSnapshot(`${folder}/file`)
        .catch(({ code, message }) => `${code} ${message}`), { argument: folder })
      assert.match(message, /^ERR_MEMWATCH_IO .*No space left/)
      assert.deepEqual(fs.readdirSync(folder), [])
    } finally {
      spawnSync('umount', [folder])
    }
  })

  it('leaves nothing where the folder cannot be written to', async (t) => {
    const { codes, left } = await failing(t, async (memwatch, tools, folder) => {
      const fs = require('node:fs')
      fs.writeFileSync(`${folder}/file`, '')
      const codes = []
      for (const directory of [`${folder}/file`, `${folder}/missing`, '/proc/self']) {
        codes.push(await memwatch.writeSnapshot({ directory }).catch(({ code }) => code))
      }
      fs.unlinkSync(`${folder}/file`)
      const { engine } = await memwatch.capture({ as: 'classes' })
      return { codes, engine }
    })
    assert.deepEqual(codes, new Array(3).fill('ERR_MEMWATCH_IO'))
    assert.deepEqual(left, [])
  })

  it('leaves nothing of a copy that has no memory left', async (t) => {
    const { codes, left } = await failing(t, async (memwatch, tools, folder) => {
      globalThis.held = Array.from({ length: 200_000 }, (_, at) => ({ at }))
      const codes = []
      for (const memoryLimit of ['1 MB', '20 MB']) {
        const limits = { memoryLimit, retries: 0 }
        codes.push(await memwatch.writeSnapshot(`${folder}/file`, limits).catch(({ code }) => code))
      }
      const { engine } = await memwatch.capture({ as: 'classes' })
      return { codes, engine }
    })
    assert.deepEqual(codes, new Array(2).fill('ERR_MEMWATCH_CAPTURE_DIED'))
    assert.deepEqual(left, [])
  })

  it('leaves nothing of a copy that is killed while it writes', async (t) => {
    const { codes, left } = await failing(t, async (memwatch, tools, folder) => {
      const fs = require('node:fs')
      globalThis.held = Array.from({ length: 100_000 }, (_, at) => ({ at }))
      const isBegun = () => fs.readdirSync(folder).some((name) => fs.statSync(`${folder}/${name}`).size > 0)
      const begun = new Promise((resolve) => {
        const watcher = fs.watch(folder, () => {
          if (!isBegun()) return
          watcher.close()
          resolve()
        })
      })
      const file = memwatch.writeSnapshot(`${folder}/file`).catch(({ code }) => code)
      await begun
      const [copy] = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
      process.kill(Number(copy), 'SIGKILL')
      const codes = [await file]
      const { engine } = await memwatch.capture({ as: 'classes' })
      return { codes, engine }
    })
    assert.deepEqual(codes, ['ERR_MEMWATCH_CAPTURE_DIED'])
    assert.deepEqual(left, [])
  })
})
