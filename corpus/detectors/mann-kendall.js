// The Mann-Kendall test for a trend over the last 20 readings, two-sided, p < 0.05; an upward one is called a leak.
'use strict'

const { baseline } = require('../lib/baseline')

const READINGS = 20
/** Of the standard normal distribution: p = 0.05, two-sided. */
const CRITICAL_Z = 1.959964

/** How many later readings are higher than earlier ones, less how many are lower. */
function concordance (readings) {
  let sum = 0
  for (let later = 1; later < readings.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) sum += Math.sign(readings[later] - readings[earlier])
  }
  return sum
}

const pairsWeight = (n) => n * (n - 1) * (2 * n + 5)

/** The variance of the concordance if there is no trend; equal readings make it smaller. */
function variance (readings) {
  const counts = new Map()
  for (const reading of readings) counts.set(reading, (counts.get(reading) ?? 0) + 1)
  let weight = pairsWeight(readings.length)
  for (const count of counts.values()) weight -= pairsWeight(count)
  return weight / 18
}

/** One is taken off because the concordance goes in steps. */
function hasUpwardTrend (readings) {
  const sum = concordance(readings)
  return sum > 0 && (sum - 1) / Math.sqrt(variance(readings)) > CRITICAL_Z
}

module.exports = baseline(() => {
  const readings = []
  return (liveBytes) => {
    readings.push(liveBytes)
    if (readings.length > READINGS) readings.shift()
    return readings.length === READINGS && hasUpwardTrend(readings)
  }
})
