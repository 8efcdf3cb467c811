// The allocation that the benchmarks are driven by: the same objects in every process, so that the
// collector runs equally often in each.
'use strict'

const OBJECTS_PER_CHUNK = 2000

// Reachable from a global, so that no optimization removes what is allocated.
const sink = { young: null, live: [] }
globalThis.benchmarkSink = sink

/** Allocates about 240 KB that die at once. */
function allocate () {
  for (let at = 0; at < OBJECTS_PER_CHUNK; at++) {
    sink.young = { at, list: [at], inner: { at } }
  }
}

/**
 * Keeps about `megabytes` of small objects alive for the rest of the process.
 *
 * @param {number} megabytes
 */
function fill (megabytes) {
  const groups = Math.round(megabytes * 880)
  for (let group = 0; group < groups; group++) {
    const objects = []
    for (let at = 0; at < 16; at++) objects.push({ at, share: group + 0.5, next: null })
    sink.live.push(objects)
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

module.exports = { allocate, fill, nextTurn }
