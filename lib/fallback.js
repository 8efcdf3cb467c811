// The fallback mode: collections as `perf_hooks` reports them, some time after they happened.
'use strict'

const v8 = require('node:v8')
const vm = require('node:vm')
const { PerformanceObserver, constants, performance } = require('node:perf_hooks')
const binding = require('../binding.js')
const { readHeap } = require('./host')

let collect = null

/** Hands the collections of this thread to the addon while it is connected. */
class FallbackSource {
  #native
  #deliver
  #observer = null
  // Node keeps what observes alive: it gets a function that holds this target weakly.
  #target = { observe: (list) => this.#observe(list.getEntries()) }

  /**
   * @param native the addon's monitor
   * @param {() => void} deliver called when there is something to take
   */
  constructor (native, deliver) {
    this.#native = native
    this.#deliver = deliver
  }

  connect () {
    if (this.#observer) return
    this.#observer = new PerformanceObserver(binding.weakMethod(this.#target, 'observe'))
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  disconnect () {
    this.#observer?.disconnect()
    this.#observer = null
  }

  /** A full collection by V8's own `gc()`, which is exposed to this method alone. */
  collectAllGarbage () {
    if (!collect) {
      const exposed = typeof globalThis.gc === 'function'
      if (!exposed) v8.setFlagsFromString('--expose-gc')
      collect = exposed ? globalThis.gc : vm.runInNewContext('gc')
      if (!exposed) v8.setFlagsFromString('--no-expose-gc')
    }
    collect()
  }

  // The heap is read now, after all of these collections: only the newest full one may claim it.
  #observe (entries) {
    const now = performance.now()
    const newest = entries.findLast((entry) => entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
    for (const entry of entries) {
      this.#native.observe({
        gcType: entry.detail.kind,
        flags: entry.detail.flags,
        endMs: entry.startTime + entry.duration,
        ageMs: now - entry.startTime - entry.duration,
        durationMs: entry.duration,
        heap: entry === newest ? readHeap() : undefined
      })
    }
    this.#deliver()
  }
}

module.exports = { FallbackSource }
