// Background captures: a forked copy of the process reads the heap and sends what it found.
'use strict'

const binding = require('../binding.js')
const { watched } = require('./open-snapshot')
const { captureOptions, writeSnapshotOptions } = require('./options')
const { prepareSnapshot, primeNewScripts } = require('./prepare-snapshot')

// What the reader in a copy looks for: by these it learns how V8 keeps such things, and that it reads the heap as it is.
class MemwatchSample {
  constructor (at) { this.at = at }
}
const KEY = {}
const SAMPLES = [
  'constructor', Symbol.toStringTag, 'name', new WeakMap([[KEY, KEY]]), KEY, capture, captureNow, writeSnapshot,
  Array.from({ length: 16 }, (_, at) => new MemwatchSample(at))
]

const LAST_CAPTURE = Symbol.for('memwatch-rs.lastCapture')

/**
 * @param native the addon's monitor
 * @param {import('./object-ids').ObjectIds} ids of the same thread
 * @param {import('../index.js').CaptureOptions} [options]
 */
async function capture (native, ids, options) {
  const { plan, watch, limits } = captureOptions(options)
  if (limits) return captureInProcess(native, ids, plan, watch, limits)
  return captureAs(native, plan, watch)
}

/** @param [series] the addon's, which takes in what the copy finds */
async function captureAs (native, plan, watch, series) {
  return inTurn(() => watched(watch, (cancellation, tell) => captureNow(native, plan, cancellation, tell, series)))
}

async function captureNow (native, plan, cancellation, tell, series) {
  const captured = new binding.BackgroundCapture(plan, series)
  try {
    for (;;) {
      if (captured.usesV8) captured.prime(primeNewScripts)
      do await captured.prepare(cancellation)
      while (!captured.fork(native, SAMPLES))
      const result = await captured.result(cancellation, tell)
      if (result) return result
    }
  } finally {
    captured.close()
  }
}

// V8's snapshot pauses this thread, as that of openHeap does; the rest is off the event loop.
async function captureInProcess (native, ids, plan, watch, limits) {
  const heap = new binding.LivingHeap()
  const idsInUse = ids.areInUse
  const owner = {}
  ids.keepFor(owner, heap)
  try {
    return await watched(watch, (cancellation, tell) => {
      // Without a heap the capture is a cancelled one.
      if (!watch.signal?.aborted) {
        prepareSnapshot(native)
        heap.take(native, { ...limits, idsInUse })
      }
      return heap.capture(plan, cancellation, tell)
    })
  } finally {
    ids.releaseBy(owner, heap)
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
function writeSnapshot (native, ids, args) {
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined
  const writing = write(native, ids, args)
  if (!callback) return writing
  // What the callback throws is not the promise's.
  writing.then((written) => process.nextTick(callback, null, written), (error) => process.nextTick(callback, error))
}

async function write (native, ids, args) {
  const { path } = await capture(native, ids, writeSnapshotOptions(args))
  return path
}

/** Emits `snapshot`, and warns where the file is when nobody listens. @param memwatch the emitter */
function tellSnapshot (memwatch, written) {
  if (memwatch.emit('snapshot', written)) return
  process.emitWarning(`a heap snapshot was written to ${written.path} (${written.reason})`, { code: 'MEMWATCH_SNAPSHOT' })
}

module.exports = { capture, captureAs, tellSnapshot, writeSnapshot }
