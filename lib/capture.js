// Background captures: a forked copy of the process reads the heap and sends what it found.
'use strict'

const binding = require('../binding.js')
const { watched } = require('./open-snapshot')
const { captureOptions, writeSnapshotOptions } = require('./options')
const { prepareSnapshot, primeNewScripts } = require('./prepare-snapshot')

const LAST_CAPTURE = Symbol.for('memwatch-rs.lastCapture')

/**
 * @param native the addon's monitor
 * @param {import('./object-ids').ObjectIds} ids of the same thread
 * @param {import('../index.js').CaptureOptions} [options]
 */
async function capture (native, ids, options) {
  const { plan, watch, limits } = captureOptions(options)
  if (limits) return captureInProcess(native, ids, plan, watch, limits)
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

module.exports = { capture, tellSnapshot, writeSnapshot }
