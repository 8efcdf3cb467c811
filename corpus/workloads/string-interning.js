// Names of 3,000 metrics are interned when they are first seen: the frequent ones at once, the rare ones late, and then none.
'use strict'

const { randomFrom } = require('../lib/random')

const NAMES = 3000

module.exports = () => {
  const metrics = new Map()
  const random = randomFrom(13)
  return {
    step () {
      const name = `metric.of.service.${Math.floor(NAMES * Math.pow(random(), 2))}`
      let metric = metrics.get(name)
      if (!metric) {
        metric = { name, labels: { region: `region of ${name}`, zone: `zone of ${name}` }, count: 0 }
        metrics.set(name, metric)
      }
      return ++metric.count
    }
  }
}
