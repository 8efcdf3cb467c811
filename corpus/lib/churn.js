// The work in flight that every server has: graphs of objects, as large as a request's, that live a little longer than the young
// generation and die. It makes V8 collect fully at its own pace; nothing calls for a collection. How much is in flight is bounded
// and follows a random walk that comes back to its mean, so the post-GC live heap is as noisy as a real service's.
'use strict'

const { randomFrom } = require('./random')

/** A power of two: positions in the window wrap around by masking. */
const MOST_IN_FLIGHT = 16384
const WINDOW_BYTES = 3 << 20
const MOST_ROWS = 8
/** About what V8 takes for a request without rows, and for a row. */
const BYTES_OF_REQUEST = 330
const BYTES_OF_ROW = 190

/** The random walk moves once in so many requests. Its standard deviation is 0.06 in the long run. */
const REQUESTS_A_MOVE = 256
const PULL_TO_MEAN = 0.93
const MOVE_DEVIATION = 0.022
const LARGEST_DEVIATION = 0.3
/** Rounded as it was when the traces were recorded: the same seed gives the same walk. */
const TWO_PI = 6.283185307

class Churn {
  #bytesPerStep
  #random
  #requests = new Array(MOST_IN_FLIGHT).fill(null)
  #requestBytes = new Uint32Array(MOST_IN_FLIGHT)
  #oldest = 0
  #inFlight = 0
  #inFlightBytes = 0
  #owedBytes = 0
  #deviation = 0
  #made = 0

  /** @param {{ bytesPerStep: number, seed: number }} options */
  constructor ({ bytesPerStep, seed }) {
    this.#bytesPerStep = bytesPerStep
    this.#random = randomFrom(seed)
  }

  step () {
    this.#owedBytes += this.#bytesPerStep
    while (this.#owedBytes > 0) this.#admit(1 + ((this.#random() * MOST_ROWS) | 0))
  }

  /** Lets a request with so many rows in, and as many of the oldest out as the window asks for. */
  #admit (rowCount) {
    const bytes = BYTES_OF_REQUEST + rowCount * BYTES_OF_ROW
    const request = requestOf(this.#made, rowCount)
    this.#owedBytes -= bytes
    this.#inFlightBytes += bytes
    if (this.#inFlight === MOST_IN_FLIGHT) this.#drop()
    const at = (this.#oldest + this.#inFlight) & (MOST_IN_FLIGHT - 1)
    this.#requests[at] = request
    this.#requestBytes[at] = bytes
    this.#inFlight++
    this.#made++
    if (this.#made % REQUESTS_A_MOVE === 0) this.#deviation = PULL_TO_MEAN * this.#deviation + MOVE_DEVIATION * this.#normal()
    const bounded = Math.max(-LARGEST_DEVIATION, Math.min(LARGEST_DEVIATION, this.#deviation))
    const windowBytes = WINDOW_BYTES * (1 + bounded)
    while (this.#inFlightBytes > windowBytes && this.#inFlight > 0) this.#drop()
  }

  #drop () {
    this.#inFlightBytes -= this.#requestBytes[this.#oldest]
    this.#requests[this.#oldest] = null
    this.#oldest = (this.#oldest + 1) & (MOST_IN_FLIGHT - 1)
    this.#inFlight--
  }

  /** A number of the normal distribution, by Box and Muller. */
  #normal () {
    const first = Math.max(1e-9, this.#random())
    const second = this.#random()
    return Math.sqrt(-2 * Math.log(first)) * Math.cos(TWO_PI * second)
  }
}

function requestOf (number, rowCount) {
  const request = {
    id: number,
    url: '/api/v1/items/' + number,
    headers: { host: 'h' + (number & 63), n: number },
    rows: new Array(rowCount)
  }
  for (let j = 0; j < rowCount; j++) {
    request.rows[j] = { j, key: 'k' + number + ':' + j, v: [number, j, number + j, 1.5 * j], s: null }
  }
  return request
}

module.exports = { Churn }
