// Samples of pods, in columns of numbers. A pod comes with each deployment, and the collector goes on to write zeros for those that
// went. No sample is too old to keep, so the more pods there were, the faster it grows.
'use strict'

const { randomFrom } = require('../lib/random')

const PODS_AT_FIRST = 40
const STEPS_A_DEPLOYMENT = 150
const SAMPLES_A_CHUNK = 512

const random = randomFrom(113)
const allSeries = []

class Series {
  constructor (pod) {
    this.pod = pod
    this.chunks = []
    // Not all begin a chunk at the same time.
    this.used = Math.floor(random() * SAMPLES_A_CHUNK)
    this.addChunk()
  }

  addChunk () {
    this.chunks.push({ times: new Float64Array(SAMPLES_A_CHUNK), values: new Float64Array(SAMPLES_A_CHUNK) })
  }

  append (time, value) {
    if (this.used === SAMPLES_A_CHUNK) {
      this.addChunk()
      this.used = 0
    }
    const { times, values } = this.chunks[this.chunks.length - 1]
    times[this.used] = time
    values[this.used] = value
    this.used++
  }
}

function deploy () {
  allSeries.push(new Series(`pod-${allSeries.length}`))
}

module.exports = {
  id: 'series-columns',
  kind: 'leak',
  klass: 'misuse',
  memory: 'external',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: typed arrays of samples without a retention, for pods that are never forgotten; it accelerates',
  expectSuspect: 'Series|allSeries|chunks|Float64Array|ArrayBuffer',
  setup () {
    while (allSeries.length < PODS_AT_FIRST) deploy()
  },
  step (i) {
    if (i > 0 && i % STEPS_A_DEPLOYMENT === 0) deploy()
    const gone = allSeries.length - PODS_AT_FIRST
    allSeries.forEach((series, number) => series.append(i, number < gone ? 0 : random()))
    return allSeries.length
  }
}
