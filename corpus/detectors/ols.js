// A straight line by least squares through the last 20 readings: it rises, and explains more than 80 % of the variance.
'use strict'

const { baseline } = require('../lib/baseline')

const READINGS = 20
const LEAST_R_SQUARED = 0.8

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function rises (readings) {
  const middle = (readings.length - 1) / 2
  const average = mean(readings)
  let xx = 0
  let xy = 0
  let yy = 0
  readings.forEach((reading, x) => {
    xx += (x - middle) ** 2
    xy += (x - middle) * (reading - average)
    yy += (reading - average) ** 2
  })
  return xy > 0 && (xy * xy) / (xx * yy) > LEAST_R_SQUARED
}

module.exports = baseline(() => {
  const readings = []
  return (liveBytes) => {
    readings.push(liveBytes)
    if (readings.length > READINGS) readings.shift()
    return readings.length === READINGS && rises(readings)
  }
})
