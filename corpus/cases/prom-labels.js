// Requests are counted by method, path and status, with the path as it was asked for and not the pattern of the route: each order
// makes a series of its own, and prom-client keeps all series. Twelve times in a run the metrics are scraped.
'use strict'

const { Counter, Registry } = require('prom-client')
const { randomFrom } = require('../lib/random')

const SHARE_OF_NEW = 0.4
const SCRAPES = 12
const KNOWN_PATHS = ['/', '/health', '/login', '/orders', '/cart', '/search', '/help']
const METHODS = ['GET', 'PUT']

const random = randomFrom(211)
const registry = new Registry()
const requestsTotal = new Counter({
  name: 'http_requests_total',
  help: 'requests there were',
  labelNames: ['method', 'path', 'status'],
  registers: [registry]
})
let stepsAScrape

function pathOf (i) {
  if (random() < SHARE_OF_NEW) return `/orders/${i}-${Math.floor(random() * 2 ** 32).toString(36)}`
  return KNOWN_PATHS[Math.floor(random() * KNOWN_PATHS.length)]
}

module.exports = {
  id: 'prom-labels',
  kind: 'leak',
  klass: 'misuse',
  package: 'prom-client',
  version: '15.1.3',
  fixedIn: null,
  source: 'written for the held-out test: a counter of prom-client with the path of the request as a label, as its README warns of (cardinality)',
  expectSuspect: 'hashMap|Counter|requestsTotal|Registry|registry|_metrics|labels',
  setup (run) {
    stepsAScrape = Math.floor(run.steps / SCRAPES)
  },
  step (i) {
    requestsTotal.inc({ method: METHODS[i % 2], path: pathOf(i), status: i % 50 === 0 ? 404 : 200 })
    return i % stepsAScrape === stepsAScrape - 1 ? registry.metrics().then((text) => text.length) : 0
  }
}
