// Ordinary work with node-cache that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'node-cache',
  kind: 'benign',
  klass: 'benign',
  package: 'node-cache',
  version: '5.1.2',
  source: 'node-cache with a TTL of 1 s, checked four times a second: grows to rate x TTL, then level.',
  expectSuspect: null,
  ...require('../workloads/node-cache')()
}
