// Opens the living heap: V8's snapshot on this thread, all that follows off the event loop.
'use strict'

const binding = require('../binding.js')
const { Snapshot, watched } = require('./open-snapshot')
const { openHeapOptions } = require('./options')
const { prepareSnapshot } = require('./prepare-snapshot')

/**
 * @param native the addon's monitor
 * @param {import('./object-ids').ObjectIds} ids of the same thread: two opened heaps are compared by them
 * @param {import('../index.js').OpenHeapOptions} [options]
 */
async function openHeap (native, ids, options) {
  const { limits, watch } = openHeapOptions(options)
  const heap = new binding.LivingHeap()
  const idsInUse = ids.areInUse
  // Held by the snapshot: its ids are kept as long as it.
  const kept = {}
  ids.keepFor(kept, heap)
  try {
    prepareSnapshot(native)
    heap.take(native, { ...limits, idsInUse })
    return new Snapshot(await watched(watch, (cancellation, tell) => heap.open(cancellation, tell)), kept)
  } catch (error) {
    ids.releaseBy(kept, heap)
    throw error
  }
}

module.exports = { openHeap }
