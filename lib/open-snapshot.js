// Opens `.heapsnapshot` files: checks what callers pass and hands the rest to the addon.
'use strict'

const binding = require('../binding.js')
const {
  countOptions, nodeId, openOptions, pathsOptions, retainersOptions, snapshotPath, snapshotPaths, stringOptions
} = require('./options')

/** One heap snapshot, opened. Made by `openSnapshot`. */
class Snapshot {
  #native
  // What must live as long as this.
  #kept

  constructor (native, kept) {
    this.#native = native
    this.#kept = kept
  }

  get nodeCount () {
    return this.#native.nodeCount
  }

  get edgeCount () {
    return this.#native.edgeCount
  }

  get totalSize () {
    return this.#native.totalSize
  }

  get rootRetainedSize () {
    return this.#native.rootRetainedSize
  }

  classes () {
    return this.#native.classes()
  }

  retainers (id, options) {
    const { limit, showStrings } = retainersOptions(options)
    return this.#native.retainers(nodeId(id), limit, showStrings)
  }

  path (id, options) {
    return this.#native.path(nodeId(id), stringOptions('path', options).showStrings)
  }

  async paths (id, options) {
    const { count, showStrings, signal } = pathsOptions(options)
    const node = nodeId(id)
    return watched({ signal }, (cancellation) => this.#native.paths(node, count, showStrings, cancellation))
  }

  dominators (id, options) {
    return this.#native.dominators(nodeId(id), stringOptions('dominators', options).showStrings)
  }

  suspects (options) {
    return this.#native.suspects(stringOptions('suspects', options).showStrings)
  }

  async diff (later) {
    return this.#native.diff(nativeOf(later))
  }

  async biggest (options) {
    const { count, showStrings } = countOptions('biggest', options)
    return this.#native.biggest(count, showStrings)
  }

  async duplicateStrings (options) {
    const { count, showStrings } = countOptions('duplicateStrings', options)
    return this.#native.duplicateStrings(count, showStrings)
  }

  /** @returns the addon's snapshot of one of ours */
  static native (snapshot) {
    return #native in Object(snapshot) ? snapshot.#native : undefined
  }
}

function nativeOf (snapshot) {
  const native = Snapshot.native(snapshot)
  if (native === undefined) {
    throw Object.assign(new TypeError('diff(other) takes what openSnapshot gave'),
      { code: 'ERR_MEMWATCH_INVALID_OPTION' })
  }
  return native
}

/**
 * @param {string | URL} path
 * @param {{ signal?: AbortSignal, onProgress?: (progress: { percent: number }) => void }} [options]
 */
async function openSnapshot (path, options) {
  const file = snapshotPath(path)
  return new Snapshot(await watched(openOptions('openSnapshot', options),
    (cancellation, tell) => binding.openSnapshot(file, cancellation, tell)))
}

/**
 * Reads files one by one, keeping of each only what a comparison needs.
 *
 * @param {Array<string | URL>} paths in the order in which they were taken
 */
async function compareSnapshots (paths, options) {
  return (await nativeComparison(paths, options)).result()
}

/** @returns the addon's comparison */
async function nativeComparison (paths, options) {
  const files = snapshotPaths(paths)
  return watched(openOptions('compareSnapshots', options),
    (cancellation, tell) => binding.compareSnapshots(files, cancellation, tell))
}

// Node waits at its exit for work that has begun.
const underWay = new Set()
const cancelAll = () => underWay.forEach((cancellation) => cancellation.cancel())

function begin (cancellation) {
  if (underWay.size === 0) process.on('exit', cancelAll)
  underWay.add(cancellation)
}

function end (cancellation) {
  underWay.delete(cancellation)
  if (underWay.size === 0) process.removeListener('exit', cancelAll)
}

/** Runs work that a signal, what a callback throws or the exit of the process may cancel. */
async function watched ({ signal, onProgress }, start) {
  const cancellation = new binding.SnapshotCancellation()
  let settled = false
  let failure = null
  let told = 0
  // Calls may still wait when the promise settles, and what a callback throws belongs to the promise.
  const tell = onProgress && ((percent) => {
    if (settled) return
    told = percent
    try {
      onProgress({ percent })
    } catch (error) {
      settled = true
      failure = { error }
      cancellation.cancel()
    }
  })
  const cancel = () => cancellation.cancel()
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  begin(cancellation)
  try {
    const result = await start(cancellation, tell)
    // The last call may be one that still waits.
    if (told < 100) tell?.(100)
    if (failure) throw failure.error
    return result
  } catch (error) {
    if (failure) throw failure.error
    throw signal?.aborted ? Object.assign(error, { cause: signal.reason }) : error
  } finally {
    settled = true
    end(cancellation)
    signal?.removeEventListener('abort', cancel)
  }
}

module.exports = { Snapshot, compareSnapshots, nativeComparison, openSnapshot, watched }
