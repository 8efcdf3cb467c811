// What holds the growth of a suspicion: the heap captured now and then, as long as the addon asks for it.
'use strict'

const binding = require('../binding.js')
const { captureAs } = require('./capture')
const { captureOptions } = require('./options')

/** Answers the addon's requests for captures. */
class PathSearch {
  #native
  #series = null
  #leakId = null

  /** @param native the addon's monitor */
  constructor (native) {
    this.#native = native
  }

  /** @param {{ id: number, leakId: string, isFirst: boolean }} request */
  async capture ({ id, leakId, isFirst }) {
    const { plan, watch } = captureOptions({ as: 'comparison' })
    if (isFirst || this.#series === null) this.#series = binding.HeapSeries.ofSuspicion()
    this.#leakId = leakId
    const series = this.#series
    try {
      const { pauseMs, durationMs } = await captureAs(this.#native, plan, watch, series)
      this.#native.takePaths(id, series, pauseMs, durationMs)
    } catch (error) {
      this.#native.missPaths(id, error.message)
    }
  }

  /** A suspicion has ended. What is known of the heap is dropped, unless it is for another one. */
  end (leakId) {
    if (leakId === this.#leakId) this.#series = null
  }
}

module.exports = { PathSearch }
