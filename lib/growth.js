// What grows in every round of some work, by background captures before and after each.
'use strict'

const binding = require('../binding.js')
const { cancelled } = require('./cancelled')
const { captureAs } = require('./capture')
const { growthOptions } = require('./options')

/**
 * @param native the addon's monitor
 * @param {import('../index.js').GrowthOptions} options
 */
async function growth (native, options) {
  const { plan, watch: { signal, onProgress }, rounds, minGrowth, between } = growthOptions(options)
  const series = new binding.HeapSeries(minGrowth)
  for (let round = 0; round <= rounds; round++) {
    if (round > 0) await unlessAborted(signal, () => between({ round, signal }))
    const tell = onProgress && (({ percent }) => onProgress({ round, rounds, percent }))
    await captureAs(native, plan, { signal, onProgress: tell }, series)
  }
  return series.growth()
}

/** The work's end, or the signal's: the work may know nothing of signals. */
async function unlessAborted (signal, work) {
  if (!signal) return work()
  if (signal.aborted) throw cancelled(signal)
  let abort
  const aborted = new Promise((resolve, reject) => {
    abort = () => reject(cancelled(signal))
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([(async () => work())(), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

module.exports = { growth }
