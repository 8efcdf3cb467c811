// memwatch's HeapDiff: `new memwatch.HeapDiff()`, later `.end()`.
'use strict'

const { Session } = require('node:inspector')
const binding = require('../binding.js')

/** @param native the addon's monitor @returns the class that diffs the heap of its thread */
function heapDiffOf (native) {
  return class HeapDiff {
    #native = new binding.MemwatchHeapDiff()

    constructor () {
      primeScriptPositions()
      this.#native.begin(native)
    }

    end () {
      primeScriptPositions()
      return this.#native.end()
    }
  }
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
