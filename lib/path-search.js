// What holds the growth of a suspicion: the heap captured now and then, as long as the addon asks for it.
'use strict'

const binding = require('../binding.js')
const { captureAs } = require('./capture')
const { captureOptions } = require('./options')

/** What a capture has made may be of use for the next one, if that comes so soon. It takes as much memory as the heap. */
const KEPT_MS = 10_000

/** Answers the addon's requests for captures. */
class PathSearch {
  #native
  #series = null
  #leakId = null
  #keeping
  // When the last capture ended, and the processor time that the system had spent for this process by then.
  #calm = { atMs: 0, systemMs: 0 }

  /** @param native the addon's monitor */
  constructor (native) {
    this.#native = native
  }

  /** @param {{ id: number, leakId: string, isFirst: boolean }} request */
  async capture ({ id, leakId, isFirst }) {
    const { plan, watch } = captureOptions({ as: 'comparison' })
    if (isFirst || this.#series === null) {
      this.#series?.giveBack()
      this.#series = binding.HeapSeries.ofSuspicion()
    }
    this.#leakId = leakId
    const series = this.#series
    clearTimeout(this.#keeping)
    try {
      const began = systemTime()
      const { pauseMs, durationMs } = await captureAs(this.#native, plan, watch, series)
      const serviceMs = pauseMs + this.#costSince(began)
      this.#native.takePaths(id, series, { pauseMs, durationMs, serviceMs })
    } catch (error) {
      this.#native.missPaths(id, error.message)
    }
    this.#keeping = setTimeout(() => series.giveBack(), KEPT_MS).unref()
  }

  // While there is a copy, each page that is written to is copied: in the time of the system, which would have been
  // spent at its usual pace otherwise.
  #costSince (began) {
    const usual = (began.systemMs - this.#calm.systemMs) / Math.max(1, began.atMs - this.#calm.atMs)
    const ended = systemTime()
    this.#calm = ended
    return Math.max(0, ended.systemMs - began.systemMs - usual * (ended.atMs - began.atMs))
  }

  /** A suspicion has ended. What is known of the heap is dropped, unless it is for another one. */
  end (leakId) {
    if (leakId !== this.#leakId) return
    this.#series?.giveBack()
    this.#series = null
  }
}

/** Milliseconds since this process began, and what of them the system has worked for it. */
const systemTime = () => ({ atMs: process.uptime() * 1000, systemMs: process.cpuUsage().system / 1000 })

module.exports = { PathSearch }
