// Counters for each route that was asked for. There are many routes; most requests ask for those that were asked for before.
'use strict'

const ROUTES = 5000

module.exports = () => {
  const counters = new Map()
  return {
    step (i) {
      // Spread evenly: each new route is a little rarer than the one before.
      const route = `/shop/${(Math.imul(i, 0x9e3779b1) >>> 0) % ROUTES}`
      const counter = counters.get(route) ?? { route, count: 0, statuses: { ok: 0, failed: 0 } }
      counter.count++
      counter.statuses[i % 11 === 0 ? 'failed' : 'ok']++
      counters.set(route, counter)
      return counter.count
    }
  }
}
