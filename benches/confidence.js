// Medians and their confidence intervals, by bootstrap: nothing is assumed about how the noise of a
// busy machine is distributed.
'use strict'

const RESAMPLES = 2000

/** @param {number[]} values */
function quantile (values, share) {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

const median = (values) => quantile(values, 0.5)

/**
 * The median of all observations with its 95 % interval.
 *
 * Observations of one process resemble each other, so whole processes are drawn, not observations:
 * the interval covers what differs between processes too.
 *
 * @param {number[][]} processes the observations of each
 * @returns {{ low: number, estimate: number, high: number }}
 */
function confidence (processes) {
  const random = generator(processes.length)
  const medians = []
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const drawn = processes.map(() => processes[Math.floor(random() * processes.length)])
    medians.push(median(drawn.flat()))
  }
  return {
    low: quantile(medians, 0.025),
    estimate: median(processes.flat()),
    high: quantile(medians, 0.975)
  }
}

/** Numbers from 0 to 1, the same for the same seed, so that an interval can be computed again (mulberry32). */
function generator (seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** In another order each time, so that a position in the round favours nobody. */
function shuffled (values) {
  const copy = [...values]
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [copy[at], copy[other]] = [copy[other], copy[at]]
  }
  return copy
}

module.exports = { confidence, median, shuffled }
