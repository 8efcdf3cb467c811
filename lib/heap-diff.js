// memwatch's HeapDiff: `new memwatch.HeapDiff()`, later `.end()`.
'use strict'

const { Session } = require('node:inspector')
const binding = require('../binding.js')
const { heapDiffOptions } = require('./options')

const LONG_PAUSE_MS = 1000

/** @param native the addon's monitor @returns the class that diffs the heap of its thread */
function heapDiffOf (native) {
  return class HeapDiff {
    #native = new binding.MemwatchHeapDiff()
    #force

    /** @param {{ force?: boolean }} [options] `force`: also when memory would run out */
    constructor (options) {
      this.#force = heapDiffOptions(options).force
      prepare(native)
      this.#native.begin(native, this.#force)
    }

    /** @returns memwatch's comparison of the heap now with the heap at construction */
    end () {
      prepare(native)
      return this.#native.end(this.#force)
    }
  }
}

let longPauseTold = false

function prepare (native) {
  const pauseMs = native.predictSnapshotMs()
  if (pauseMs > LONG_PAUSE_MS && !longPauseTold) {
    longPauseTold = true
    process.emitWarning(`a HeapDiff of this heap pauses the thread for about ${(pauseMs / 1000).toFixed(1)} s, twice`,
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
  if (!session) {
    session = new Session()
    session.connect()
  }
  session.post('Debugger.enable')
  session.post('Debugger.disable')
}

module.exports = { heapDiffOf }
