// `HeapDiff.start()`: a heap diff of two background captures, which share no ids of objects.
'use strict'

const binding = require('../binding.js')
const { captureAs } = require('./capture')
const { backgroundDiffEndOptions, backgroundDiffOptions } = require('./options')

/** What changed by class and by path since `start()`. The heap at the start is not kept, only its numbers. */
class BackgroundHeapDiff {
  #native
  #series
  #limits
  #hasEnded = false

  /**
   * @param native the addon's monitor
   * @param series the addon's, which knows the heap at the start
   * @param {object} limits of the first capture
   */
  constructor (native, series, limits) {
    this.#native = native
    this.#series = series
    this.#limits = limits
  }

  /**
   * Captures the heap again. What fails can be tried again.
   *
   * @param {import('../index.js').BackgroundOptions} [options] limits instead of those of `start()`
   */
  async end (options) {
    const { plan, watch } = backgroundDiffEndOptions(options, this.#limits)
    if (this.#hasEnded) {
      throw Object.assign(new Error('attempt to end() a HeapDiff that was already ended'),
        { code: 'ERR_MEMWATCH_DIFF_ENDED' })
    }
    this.#hasEnded = true
    try {
      await captureAs(this.#native, plan, watch, this.#series)
    } catch (error) {
      this.#hasEnded = false
      throw error
    }
    return this.#series.diff()
  }
}

/**
 * @param native the addon's monitor
 * @param {import('../index.js').BackgroundOptions} [options]
 */
async function startDiff (native, options) {
  const { plan, watch } = backgroundDiffOptions(options)
  const { signal, onProgress, engine, ...limits } = options ?? {}
  const series = new binding.HeapSeries()
  await captureAs(native, plan, watch, series)
  return new BackgroundHeapDiff(native, series, limits)
}

module.exports = { startDiff }
