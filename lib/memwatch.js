// The emitter: `stats` after full collections, `leak` when the detector or a threshold says so.
'use strict'

const { EventEmitter } = require('node:events')
const binding = require('../binding.js')
const { capture, tellSnapshot, writeSnapshot } = require('./capture')
const { growth } = require('./growth')
const { heapDiffOf } = require('./heap-diff')
const { ObjectIds } = require('./object-ids')
const { arrayBufferBytes, hostOptions, readHeap } = require('./host')
const { configChange, historyOptions, traceStream } = require('./options')
const { toObjects } = require('./history')
const { toLeak } = require('./leak')
const { openHeap } = require('./open-heap')
const { PathSearch } = require('./path-search')
const { compareSnapshots, openSnapshot } = require('./open-snapshot')
const { profiles } = require('./profile')
const { installSignalHandler } = require('./signal-handler')
const { toStats } = require('./stats')

/**
 * Watches the isolate of the thread that loaded it. All copies of the package in one environment share
 * one native monitor; each emits to its own listeners.
 */
class Memwatch extends EventEmitter {
  #native
  #ids
  #pathSearch
  #fallback
  #pending = []
  #deliveryScheduled = false
  // `true` after start(), `false` after stop(), else as long as somebody listens.
  #started = null
  #traces = new Set()
  #fallbackTold = false

  constructor () {
    super()
    // The addon holds this target weakly, and it leads back to the emitter.
    const target = { deliver: () => this.#deliver() }
    this.#native = new binding.Monitor(target, hostOptions())
    this.#native.target = target
    this.#ids = new ObjectIds(this.#native)
    this.#pathSearch = new PathSearch(this.#native)
    this.HeapDiff = heapDiffOf(this.#native, this.#ids)
    // memwatch's is a plain function, which people take out of its module.
    this.gc = this.gc.bind(this)
    if (this.#native.fallbackReason !== null) {
      const { FallbackSource } = require('./fallback')
      this.#fallback = new FallbackSource(this.#native, target.deliver)
    }
  }

  /** memwatch's HeapDiff, for the heap of this thread. */
  HeapDiff

  /** Profiles of allocations and of the processor's time, without a restart. */
  profile = profiles

  /** `'native'`, or `'fallback'` when V8 could not be reached; `fallbackReason` says why. */
  get mode () {
    return this.#fallback ? 'fallback' : 'native'
  }

  get fallbackReason () {
    return this.#native.fallbackReason
  }

  get capabilities () {
    return binding.capabilities()
  }

  get running () {
    return this.#native.isRunning
  }

  start () {
    this.#listen(true)
    return this
  }

  stop () {
    this.#pending = []
    this.#traces.clear()
    this.#native.closeRecordings()
    this.#native.leaveHeapLimit()
    this.#listen(false)
    return this
  }

  configure (options) {
    const change = configChange(options)
    this.#native.configure(change)
    this.#sync()
    return this
  }

  get config () {
    const { nearHeapLimit, ...config } = this.#native.config
    return { ...config, nearHeapLimit: nearHeapLimit === null ? null : { captures: nearHeapLimit } }
  }

  /** Reads and analyses a `.heapsnapshot` file, off the event loop. */
  openSnapshot (path, options) {
    return openSnapshot(path, options)
  }

  /** The living heap of this thread as `openSnapshot` gives that of a file. V8 takes the snapshot at once. */
  openHeap (options) {
    return openHeap(this.#native, this.#ids, options)
  }

  /** Forks a copy of the process that reads the heap of this thread; the thread pauses for the fork alone. */
  capture (options) {
    return capture(this.#native, this.#ids, options)
  }

  /** Captures the heap before and after each of some rounds of work, and tells what grew in all of them. */
  growth (options) {
    return growth(this.#native, options)
  }

  /** Writes a `.heapsnapshot` file in a forked copy. Arguments are `[path], [options]`, or heapdump's `[path], [callback]`. */
  writeSnapshot (...args) {
    return writeSnapshot(this.#native, this.#ids, args)
  }

  /** Writes a snapshot file for each signal, until the returned function is called. */
  installSignalHandler (signal, options) {
    return installSignalHandler(this, (file) => this.writeSnapshot(file), signal, options)
  }

  /** Reads `.heapsnapshot` files one by one and tells how the heap changed. */
  compareSnapshots (paths, options) {
    return compareSnapshots(paths, options)
  }

  /** Collects all garbage now. `stats` follows in the next turn of the event loop. */
  gc () {
    if (this.#fallback) this.#fallback.collectAllGarbage()
    else this.#native.gc()
    if (this.#wants('stats') || this.#wants('leak')) this.#scheduleDelivery()
  }

  stats () {
    return toStats(this.#native.stats(readHeap(), arrayBufferBytes()))
  }

  /** Why the detector says what it says: each test with its numbers. */
  explain () {
    return this.#native.explain()
  }

  history (options) {
    const { as, since } = historyOptions(options)
    const columns = this.#native.history(since)
    return as === 'columns' ? columns : toObjects(columns)
  }

  /**
   * Prints a line a collection until the returned function is called.
   *
   * @param {{ write(text: string): unknown }} [stream] standard error unless given
   */
  traceGc (stream) {
    const trace = { stream: traceStream(stream) }
    this.#traces.add(trace)
    if (this.#started === false) this.#started = null
    this.#sync()
    return () => {
      if (this.#traces.delete(trace)) this.#sync()
    }
  }

  on (event, listener) {
    return this.#added(event, super.on(event, listener))
  }

  addListener (event, listener) {
    return this.#added(event, super.addListener(event, listener))
  }

  prependListener (event, listener) {
    return this.#added(event, super.prependListener(event, listener))
  }

  removeListener (event, listener) {
    super.removeListener(event, listener)
    this.#sync()
    return this
  }

  off (event, listener) {
    return this.removeListener(event, listener)
  }

  removeAllListeners (event) {
    if (arguments.length === 0) super.removeAllListeners()
    else super.removeAllListeners(event)
    this.#sync()
    return this
  }

  // A listener added after stop() starts the monitor again. once() and prependOnceListener() come
  // through on() and prependListener().
  #added (event) {
    if (event === 'stats' || event === 'leak') {
      if (this.#started === false) this.#started = null
      this.#sync()
    }
    return this
  }

  #listen (started) {
    const before = this.#started
    this.#started = started
    try {
      this.#sync()
    } catch (error) {
      this.#started = before
      throw error
    }
  }

  #wants (event) {
    return this.#started !== false && this.listenerCount(event) > 0
  }

  // EventEmitter's constructor calls nothing of ours, but a subclass may listen before we are ready.
  #sync () {
    const interests = {
      recording: this.#started === true,
      stats: this.#wants('stats'),
      leak: this.#wants('leak'),
      collections: this.#traces.size > 0
    }
    this.#native.listen(interests)
    if (!this.#fallback) return
    const { recorder, record } = this.#native.config
    if (Object.values(interests).includes(true) || recorder !== null || record !== null) {
      this.#fallback.connect()
      this.#tellFallback()
    } else {
      this.#fallback.disconnect()
    }
  }

  #tellFallback () {
    if (this.#fallbackTold || process.env.MEMWATCH_FORCE_FALLBACK === '1') return
    this.#fallbackTold = true
    process.emitWarning(`memwatch-rs runs in fallback mode: ${this.fallbackReason}`,
      { code: 'MEMWATCH_FALLBACK' })
  }

  #scheduleDelivery () {
    if (this.#deliveryScheduled) return
    this.#deliveryScheduled = true
    setImmediate(() => {
      this.#deliveryScheduled = false
      this.#deliver()
    })
  }

  // One wake-up may stand for many collections, so all that is there is delivered. When a listener
  // throws, the rest follows in the next turn.
  #deliver () {
    // Reading the process's memory is dear, and only `stats` tells it.
    this.#pending = this.#pending.concat(this.#native.take(this.#wants('stats') ? arrayBufferBytes() : 0))
    try {
      while (this.#pending.length > 0) this.#emit(this.#pending.shift())
    } finally {
      if (this.#pending.length > 0) this.#scheduleDelivery()
    }
  }

  #emit ({ name, payload }) {
    switch (name) {
      case 'stats':
        this.emit('stats', toStats(payload))
        break
      case 'capture':
        this.#pathSearch.capture(payload)
        break
      case 'leak':
        if (payload.state !== 'suspect') this.#pathSearch.end(payload.id)
        this.emit('leak', toLeak(payload))
        break
      case 'snapshot':
        tellSnapshot(this, payload)
        break
      case 'warning':
        process.emitWarning(payload.message, { code: payload.code })
        break
      case 'collection':
        for (const { stream } of this.#traces) stream.write(`${payload}\n`)
        break
    }
  }
}

module.exports = { Memwatch }
