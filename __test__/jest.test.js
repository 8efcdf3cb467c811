// Test runners: Jest, which loads the package anew for each test file, and Mocha.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, run, temporaryFolder } = require('./child')

const JEST = path.join(PACKAGE, 'node_modules', 'jest', 'bin', 'jest.js')
const MOCHA = path.join(PACKAGE, 'node_modules', 'mocha')

function writeFiles (t, files) {
  const folder = temporaryFolder(t)
  for (const [name, text] of Object.entries({ 'package.json': '{}', ...files })) {
    fs.writeFileSync(path.join(folder, name), text)
  }
  return folder
}

/** All test files in this one process, as with a single core. */
function jest (folder, ...more) {
  const config = JSON.stringify({ rootDir: folder, transform: {}, testEnvironment: 'node', cache: false })
  return run(process.execPath, ['--expose-gc', JEST, '--runInBand', `--config=${config}`, ...more], { cwd: folder })
}

/** Collects three times, and leaves its listener and its configuration behind. */
const SHARING = `
  const fs = require('node:fs')
  const memwatch = require(${JSON.stringify(PACKAGE)})

  test('each collection is delivered once', async () => {
    const before = { capacity: memwatch.config.capacity, full: memwatch.stats().num_full_gc, running: memwatch.running }
    const seen = []
    let wake = null
    memwatch.on('stats', (stats) => {
      seen.push(stats)
      wake?.()
    })
    for (let at = 0; at < 3; at++) {
      const count = seen.length
      memwatch.gc()
      while (seen.length === count) await new Promise((resolve) => setImmediate(resolve))
    }
    const sequences = seen.map(({ sequence }) => sequence)
    expect(new Set(sequences).size).toBe(sequences.length)
    // No two collections of one thread overlap: a record that is there twice would.
    const full = memwatch.history({ since: sequences[0] }).events.filter(({ kind }) => kind === 'mark-compact')
    const started = full.map(({ startNs }) => Number(startNs / 1000n))
    full.slice(1).forEach((_, at) => expect(started[at + 1]).toBeGreaterThan(started[at] + full[at].pauseMs * 500))
    // V8 may collect twice for one request, which is one event.
    expect(full.map(({ sequence }) => sequence)).toEqual(expect.arrayContaining(sequences))
    memwatch.configure({ capacity: before.capacity + 1 })
    fs.appendFileSync('told', JSON.stringify({ ...before, first: sequences[0], last: sequences.at(-1) }) + '\\n')
  })`

const LISTENING = `
  const memwatch = require(${JSON.stringify(PACKAGE)})

  test('leaves its listeners on', async () => {
    const stats = await new Promise((resolve) => {
      memwatch.on('stats', resolve).on('leak', () => {})
      memwatch.gc()
    })
    expect(stats.num_full_gc).toBeGreaterThan(0)
    expect(memwatch.running).toBe(true)
  })`

/** Node's own modules are shared by all test files: what hangs there outlives its file. */
const LEAKING = `
  test('leaks its global object', () => {
    require('node:zlib').heldByTheTest = globalThis
  })`

describe('Jest', () => {
  it('shares one monitor between test files, and no event is doubled', async (t) => {
    const folder = writeFiles(t, { 'one.test.js': SHARING, 'other.test.js': SHARING, 'third.test.js': SHARING })
    const { code, stderr } = await jest(folder)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /Tests: +3 passed, 3 total/)
    const told = fs.readFileSync(path.join(folder, 'told'), 'utf8').trim().split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(told.map(({ capacity }) => capacity), [4096, 4097, 4098], 'the configuration is the thread\'s')
    for (const at of [1, 2]) {
      assert.ok(told[at].first > told[at - 1].last, 'sequence numbers go on from file to file')
      assert.ok(told[at].full >= told[at - 1].full + 3)
    }
  })

  it('finds no leak in a test that left its listeners on, and one in a test that holds its global object', async (t) => {
    const listening = writeFiles(t, { 'listening.test.js': LISTENING })
    const leaking = writeFiles(t, { 'leaking.test.js': LEAKING })
    const caught = await jest(leaking, '--detectLeaks')
    assert.equal(caught.code, 1, caught.stderr)
    assert.match(caught.stderr, /leaking memory/)
    // Jest sometimes finds a leak in a test that holds nothing at all; a leak it finds every time.
    const endings = []
    for (let attempt = 0; attempt < 3 && endings.at(-1)?.code !== 0; attempt++) {
      endings.push(await jest(listening, '--detectLeaks'))
    }
    const { code, stderr } = endings.at(-1)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /Tests: +1 passed, 1 total/)
  })
})

describe('Mocha', () => {
  it('ends by itself after tests that left their listeners on', async (t) => {
    const folder = writeFiles(t, {
      'one.spec.js': `
        const assert = require('node:assert')
        const memwatch = require(${JSON.stringify(PACKAGE)})
        describe('memwatch', () => {
          it('delivers', (done) => {
            memwatch.once('stats', () => done())
            memwatch.on('stats', () => {}).on('leak', () => {})
            memwatch.gc()
          })
          it('still runs', () => assert.equal(memwatch.running, true))
        })`
    })
    const { code, signal, stdout, stderr } = await run(process.execPath,
      [path.join(MOCHA, 'bin', 'mocha.js'), '--no-config', '--reporter', 'dot', path.join(folder, 'one.spec.js')],
      { cwd: folder })
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' }, stdout)
    assert.match(stdout, /2 passing/)
  })
})
