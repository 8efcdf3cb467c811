// Background captures: a forked copy of the process reads the heap and sends what it found.
'use strict'

const binding = require('../binding.js')
const { watched } = require('./open-snapshot')
const { captureOptions, writeSnapshotOptions } = require('./options')
const { primeNewScripts } = require('./prepare-snapshot')

const LAST_CAPTURE = Symbol.for('memwatch-rs.lastCapture')

/**
 * @param native the addon's monitor
 * @param {import('../index.js').CaptureOptions} [options]
 */
async function capture (native, options) {
  const { plan, watch } = captureOptions(options)
  return inTurn(() => watched(watch, (cancellation, tell) => captureNow(native, plan, cancellation, tell)))
}

async function captureNow (native, plan, cancellation, tell) {
  const captured = new binding.BackgroundCapture(plan)
  try {
    captured.prime(primeNewScripts)
    for (;;) {
      do await captured.prepare(cancellation)
      while (!captured.fork(native))
      const result = await captured.result(cancellation, tell)
      if (result) return result
    }
  } finally {
    captured.close()
  }
}

// One at a time in a thread, of whatever copy of the package.
async function inTurn (begin) {
  const before = process[LAST_CAPTURE]
  const turn = (async () => {
    await before
    return begin()
  })()
  // Whoever waits must not hold what was found.
  process[LAST_CAPTURE] = turn.then(() => {}, () => {})
  return turn
}

/**
 * Writes a `.heapsnapshot` file: `writeSnapshot([path], [options])` gives a promise, `writeSnapshot([path], callback)`
 * calls back, as heapdump does.
 */
function writeSnapshot (native, args) {
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined
  const writing = write(native, args)
  if (!callback) return writing
  // What the callback throws is not the promise's.
  writing.then((written) => process.nextTick(callback, null, written), (error) => process.nextTick(callback, error))
}

async function write (native, args) {
  const { path } = await capture(native, writeSnapshotOptions(args))
  return path
}

/** Emits `snapshot`, and warns where the file is when nobody listens. @param memwatch the emitter */
function tellSnapshot (memwatch, written) {
  if (memwatch.emit('snapshot', written)) return
  process.emitWarning(`a heap snapshot was written to ${written.path} (${written.reason})`, { code: 'MEMWATCH_SNAPSHOT' })
}

module.exports = { capture, tellSnapshot, writeSnapshot }
