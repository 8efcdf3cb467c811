// What only JavaScript knows of this environment: V8's numbers for types of collections, its own
// reading of the heap, the thread, and whether the fallback is forced.
'use strict'

const v8 = require('node:v8')
const { constants } = require('node:perf_hooks')
const { threadId } = require('node:worker_threads')

/** Order in which the addon takes the fields of `v8.getHeapStatistics()`. */
const HEAP_FIELDS = [
  'used_heap_size',
  'total_heap_size',
  'total_heap_size_executable',
  'total_physical_size',
  'total_available_size',
  'heap_size_limit',
  'malloced_memory',
  'peak_malloced_memory',
  'external_memory',
  'number_of_native_contexts',
  'number_of_detached_contexts',
  'total_global_handles_size',
  'used_global_handles_size',
  'total_allocated_bytes'
]

/** @returns {number[]} sizes in bytes, in the order of `HEAP_FIELDS` */
function readHeap () {
  const heap = v8.getHeapStatistics()
  return HEAP_FIELDS.map((field) => heap[field] ?? 0)
}

/** @returns {number} bytes of all `ArrayBuffer`s, those behind Buffers included */
function arrayBufferBytes () {
  return process.memoryUsage().arrayBuffers
}

function hostOptions () {
  return {
    major: constants.NODE_PERFORMANCE_GC_MAJOR,
    minor: constants.NODE_PERFORMANCE_GC_MINOR,
    incremental: constants.NODE_PERFORMANCE_GC_INCREMENTAL,
    weakCallbacks: constants.NODE_PERFORMANCE_GC_WEAKCB,
    nodeVersion: process.version,
    threadId,
    forceFallback: process.env.MEMWATCH_FORCE_FALLBACK === '1',
    readHeap
  }
}

module.exports = { hostOptions, readHeap, arrayBufferBytes }
