// memwatch's HeapDiff: `new memwatch.HeapDiff()`, later `.end()`.
'use strict'

const binding = require('../binding.js')
const { heapDiffEndOptions, heapDiffOptions } = require('./options')

const LONG_PAUSE_MS = 1000
// By this the addon knows our own objects in a snapshot: a class of any name is then the user's.
const MARK = Symbol.for('memwatch-rs.HeapDiff')
const OPEN_DIFFS = Symbol.for('memwatch-rs.openDiffs')
// V8 must keep the ids of objects while a diff is open, be it of another copy of the package or of its addon in
// this thread.
const OPEN = process[OPEN_DIFFS] ??= new Set()

/** @param native the addon's monitor @returns the class that diffs the heap of its thread */
function heapDiffOf (native) {
  // With the first instance V8 makes a pattern for the others. It must not look new in a diff of another copy.
  new binding.MemwatchHeapDiff() // eslint-disable-line no-new
  const release = (half) => {
    half.close()
    OPEN.delete(half)
    if (OPEN.size === 0) native.forgetObjectIds()
  }
  // A diff that is dropped leaves its native half.
  const dropped = new FinalizationRegistry(release)

  return class HeapDiff {
    #native = Object.assign(new binding.MemwatchHeapDiff(), { mark: MARK })
    #limits

    /**
     * @param {object} [options]
     * @param {boolean} [options.force] also when memory would run out
     * @param {number} [options.maxPauseMs] for `end()` too
     */
    constructor (options) {
      this.#limits = { ...heapDiffOptions(options), idsInUse: OPEN.size > 0 }
      prepare(native)
      OPEN.add(this.#native)
      dropped.register(this, this.#native, this)
      try {
        this.#native.begin(native, this.#limits)
      } finally {
        this.#releaseIfClosed()
      }
    }

    /**
     * @param {object} [options]
     * @param {number} [options.maxPauseMs] instead of the constructor's; what is refused can be tried again
     * @param {boolean} [options.paths] also who holds what has come
     * @param {boolean} [options.showStrings] with what the heap's strings hold
     * @returns memwatch's comparison of the heap now with the heap at construction
     */
    end (options) {
      const { maxPauseMs = this.#limits.maxPauseMs, paths, showStrings } = heapDiffEndOptions(options)
      const limits = { ...this.#limits, maxPauseMs }
      prepare(native)
      try {
        return paths ? this.#native.endWithPaths(limits, showStrings) : this.#native.end(limits)
      } finally {
        this.#releaseIfClosed()
      }
    }

    #releaseIfClosed () {
      if (this.#native.isOpen || !dropped.unregister(this)) return
      release(this.#native)
    }
  }
}

let longPauseTold = false

function prepare (native) {
  const pauseMs = native.predictSnapshotMs()
  if (pauseMs > LONG_PAUSE_MS && !longPauseTold) {
    longPauseTold = true
    process.emitWarning(
      `a HeapDiff of this heap pauses the thread for about ${(pauseMs / 1000).toFixed(1)} s, twice: to spare the ` +
      'service, take an instance out of rotation, call v8.writeHeapSnapshot() there twice and compare the files with ' +
      '`npx memwatch-rs diff A B`, or bound the pause with new HeapDiff({ maxPauseMs })',
      { code: 'MEMWATCH_LONG_PAUSE' })
  }
  primeScriptPositions()
}

let session = null

// V8 11.3 (Node 20) works out the line ends of a script anew for each function of a snapshot: 26 s with
// TypeScript loaded. Enabling the debugger once makes V8 keep them; other versions keep them anyway. The
// session stays open, because ending one makes V8 forget the ids that a HeapDiff compares.
function primeScriptPositions () {
  if (!process.versions.v8.startsWith('11.3.')) return
  try {
    session ??= openSession()
    session.post('Debugger.enable')
    session.post('Debugger.disable')
  } catch {
    // Built without the inspector, or not permitted: the diff takes longer.
  }
}

function openSession () {
  const { Session } = require('node:inspector')
  const opened = new Session()
  opened.connect()
  return opened
}

module.exports = { heapDiffOf }
