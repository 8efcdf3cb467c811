// memwatch's HeapDiff: `new memwatch.HeapDiff()`, later `.end()`.
'use strict'

const binding = require('../binding.js')
const { startDiff } = require('./background-diff')
const { heapDiffEndOptions, heapDiffOptions } = require('./options')
const { prepareSnapshot } = require('./prepare-snapshot')

// By this the addon knows our own objects in a snapshot: a class of any name is then the user's.
const MARK = Symbol.for('memwatch-rs.HeapDiff')

/**
 * @param native the addon's monitor
 * @param {import('./object-ids').ObjectIds} ids of the same thread
 * @returns the class that diffs the heap of its thread
 */
function heapDiffOf (native, ids) {
  // With the first instance V8 makes a pattern for the others. It must not look new in a diff of another copy.
  new binding.MemwatchHeapDiff() // eslint-disable-line no-new

  return class HeapDiff {
    /** The same in the background, from one forked copy of the process to another. */
    static async start (options) {
      return startDiff(native, options)
    }

    #native = Object.assign(new binding.MemwatchHeapDiff(), { mark: MARK })
    #limits

    /**
     * @param {object} [options]
     * @param {boolean} [options.force] also when memory would run out
     * @param {number} [options.maxPauseMs] for `end()` too
     */
    constructor (options) {
      this.#limits = { ...heapDiffOptions(options), idsInUse: ids.areInUse }
      prepareSnapshot(native)
      ids.keepFor(this, this.#native)
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
      prepareSnapshot(native)
      try {
        return paths ? this.#native.endWithPaths(limits, showStrings) : this.#native.end(limits)
      } finally {
        this.#releaseIfClosed()
      }
    }

    #releaseIfClosed () {
      if (!this.#native.isOpen) ids.releaseBy(this, this.#native)
    }
  }
}

module.exports = { heapDiffOf }
