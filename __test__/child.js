// Runs a function of a test in a child process of its own, and gives what it returned, printed and how
// it ended. The child is this same file: it reads the function's source from its arguments.
'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const vm = require('node:vm')
const { PerformanceObserver, constants } = require('node:perf_hooks')

const PACKAGE = path.resolve(__dirname, '..')
const COMMAND_LINE = path.join(PACKAGE, 'bin', 'memwatch-rs.js')
/** The mode that this run of the tests is about. */
const MODE = process.env.MEMWATCH_FORCE_FALLBACK === '1' ? 'fallback' : 'native'

// A heap that starts large: V8 has no reason for full collections but those that a test asks for.
const ROOMY = '--initial-old-space-size=512'
// Ends a child that hangs, so that the test fails with what it printed. Nothing is measured by it.
const HANGS_AFTER_MS = 60_000

/**
 * @typedef {object} Ending
 * @property {number | null} code exit code; `null` after a signal
 * @property {string | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {any} value what the function returned
 */

/** A program, started. `ended` resolves when it has ended and all that it printed was read. */
function start (command, args, { env = {}, cwd, stdio = ['ignore', 'pipe', 'pipe'], hangsAfterMs = HANGS_AFTER_MS } = {}) {
  const child = spawn(command, args, {
    cwd,
    stdio,
    serialization: 'advanced',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    timeout: hangsAfterMs,
    killSignal: 'SIGKILL'
  })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => { printed[name] += text })
  }
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...printed }))
  })
  return { child, ended }
}

/**
 * Starts `body(memwatch, tools, argument)` in a child process. It is only its source that gets there, so
 * it sees no variable of the test.
 *
 * @param {object} [options]
 * @param {any} [options.argument] anything that JSON can carry
 * @param {string[]} [options.flags] flags of Node and V8
 * @param {boolean} [options.load] `false`: the package is not required, `memwatch` is `null`
 * @param {boolean} [options.keepAlive] `false`: the child ends when nothing keeps it alive
 * @returns what `start` gives, and `said(name)`: a promise for the value of `tools.say(name, value)`
 */
function startChild (body, { argument = null, flags = [], env, load = true, keepAlive = true } = {}) {
  const task = JSON.stringify({ source: String(body), argument, load, keepAlive })
  const args = ['--expose-gc', ROOMY, ...flags, __filename, task]
  const started = start(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const said = new Map()
  const awaited = new Map()
  started.child.on('message', ({ name, value }) => {
    said.set(name, value)
    awaited.get(name)?.(value)
  })
  const ended = started.ended.then((ending) => ({ ...ending, value: said.get('returned') }))
  return {
    child: started.child,
    ended,
    said: (name) => new Promise((resolve, reject) => {
      if (said.has(name)) return resolve(said.get(name))
      awaited.set(name, resolve)
      ended.then((ending) => reject(new Error(`the child never said ${name}: ${JSON.stringify(ending)}`)))
    })
  }
}

/** The same to its end. @returns {Promise<Ending>} */
function runChild (body, options) {
  return startChild(body, options).ended
}

/** What the function returned, of a child that ended well and complained about nothing. */
async function inChild (body, options) {
  const { code, signal, stderr, value } = await runChild(body, options)
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  return value
}

/** A program to its end. @returns {Promise<Ending>} */
function run (command, args, options) {
  return start(command, args, options).ended
}

/** A folder that is removed after the test. */
function temporaryFolder (t) {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memwatch-test-'))
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The folder of a project that has the package installed, and these files. */
function project (t, files) {
  const folder = temporaryFolder(t)
  fs.mkdirSync(path.join(folder, 'node_modules'))
  fs.symlinkSync(PACKAGE, path.join(folder, 'node_modules', 'memwatch-rs'))
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  return folder
}

/** One turn of the event loop. */
function turn () {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Turns the event loop until `done()`. Node reports collections in its turns, and they do not wake it. */
async function turnUntil (done) {
  while (!done()) await turn()
}

/**
 * Runs `work` and waits until Node itself has reported a full collection of it, then two turns more: by
 * then everything that will be delivered of it has been.
 */
async function untilNodeReports (work) {
  let reported = false
  const observer = new PerformanceObserver((list) => {
    reported ||= list.getEntries().some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
  })
  observer.observe({ entryTypes: ['gc'] })
  work()
  await turnUntil(() => reported)
  observer.disconnect()
  await turn()
  await turn()
}

/** What the functions of the tests are given in the child. */
function childTools (memwatch) {
  let held = null
  return {
    turn,
    turnUntil,
    untilNodeReports,
    say: (name, value) => process.send({ name, value }),
    /** One full collection, awaited by its event. Listen to `stats` before, so that the monitor stays on. */
    collect: async () => {
      const next = new Promise((resolve) => memwatch.prependOnceListener('stats', resolve))
      let delivered = false
      next.then(() => { delivered = true })
      globalThis.gc()
      if (memwatch.mode === 'fallback') await turnUntil(() => delivered)
      return next
    },
    /** Makes the heap hold so many bytes that nothing else holds. */
    hold: (bytes) => {
      // The new ones come before the old ones go: no collection sees less than the smaller of both.
      const next = new Array(Math.max(1, Math.round(bytes / 8))).fill(0)
      held = next
      return held.length
    }
  }
}

async function main ({ source, argument, load, keepAlive }) {
  const body = vm.compileFunction(`return (${source})`, ['require'], { filename: 'child' })(require)
  const awake = keepAlive ? setInterval(() => {}, 1 << 30) : null
  const memwatch = load ? require(PACKAGE) : null
  const value = await body(memwatch, childTools(memwatch), argument)
  process.send({ name: 'returned', value })
  clearInterval(awake)
}

if (require.main === module) {
  main(JSON.parse(process.argv[2]))
} else {
  module.exports = { COMMAND_LINE, MODE, PACKAGE, inChild, project, run, runChild, start, startChild, temporaryFolder }
}
