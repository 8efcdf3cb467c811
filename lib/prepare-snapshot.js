// What comes before V8 takes a snapshot of the living heap.
'use strict'

const { inspectorSession } = require('./inspector-session')

const LONG_PAUSE_MS = 1000

let longPauseTold = false

/** Warns once of a long pause, and spares what can be spared of it. @param native the addon's monitor */
function prepareSnapshot (native) {
  const pauseMs = native.predictSnapshotMs()
  if (pauseMs > LONG_PAUSE_MS && !longPauseTold) {
    longPauseTold = true
    process.emitWarning(
      `a snapshot of this heap pauses the thread for about ${(pauseMs / 1000).toFixed(1)} s: to spare the ` +
      'service, look in the background with memwatch.capture(), or take an instance out of rotation, call ' +
      'v8.writeHeapSnapshot() there twice and compare the files with `npx memwatch-rs diff A B`, or bound the pause ' +
      'with maxPauseMs',
      { code: 'MEMWATCH_LONG_PAUSE' })
  }
  primeScriptPositions()
}

// V8 10.2 and 11.3 (Node 18 and 20) work out the line ends of a script anew for each function of a snapshot:
// 25 s and 26 s of CPU with TypeScript loaded. Enabling the debugger once makes V8 keep them; newer versions keep them
// anyway. The session stays open, because ending one makes V8 forget the ids that a HeapDiff compares.
function primeScriptPositions () {
  if (!/^1(0\.2|1\.3)\./.test(process.versions.v8)) return
  try {
    const session = inspectorSession()
    session.post('Debugger.enable')
    session.post('Debugger.disable')
  } catch {
    // Built without the inspector, or not permitted: the diff takes longer.
  }
}

let primedModules = null

// Enabling the debugger walks the heap, 0.25 ms a megabyte: not worth it for what was loaded before.
function primeNewScripts () {
  const modules = Object.keys(require.cache).length
  if (modules === primedModules) return
  primedModules = modules
  primeScriptPositions()
}

module.exports = { prepareSnapshot, primeNewScripts }
