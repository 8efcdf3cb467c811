// Readings by sensor, in a table that is flushed into a segment 80 times in a run. Four segments of a level are merged into one of the
// next, and the newest reading of a sensor wins; the last level is one segment, which has all sensors sooner or later.
'use strict'

const { randomFrom } = require('../lib/random')

const FLUSHES = 80
const SENSORS = 4000
const ROWS_A_TABLE = 600
const FAN_IN = 4
const LEVELS = 3

module.exports = () => {
  const random = randomFrom(61)
  const levels = Array.from({ length: LEVELS }, () => [])
  let table = new Map()
  let stepsAFlush
  let made = 0

  /** Later segments are newer. */
  function merge (segments) {
    const merged = new Map()
    for (const segment of segments) for (const [sensor, row] of segment) merged.set(sensor, row)
    return merged
  }

  function flush () {
    levels[0].push(table)
    table = new Map()
    for (let level = 0; level < LEVELS - 1; level++) {
      if (levels[level].length < FAN_IN) continue
      const isLast = level + 1 === LEVELS - 1
      const merged = merge(isLast ? [...levels[level + 1], ...levels[level]] : levels[level])
      levels[level] = []
      if (isLast) levels[level + 1] = [merged]
      else levels[level + 1].push(merged)
    }
  }

  return {
    setup (run) {
      stepsAFlush = Math.floor(run.steps / FLUSHES)
    },
    step (i) {
      if (i > 0 && i % stepsAFlush === 0) flush()
      const wanted = Math.floor(ROWS_A_TABLE * ((i % stepsAFlush) + 1) / stepsAFlush)
      while (table.size < wanted) {
        const sensor = Math.floor(random() * SENSORS)
        table.set(sensor, { sensor, at: made++, value: random(), unit: `unit of ${sensor}` })
      }
      return table.size
    }
  }
}
