// Ordinary work with prom-client that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'metrics-flush',
  kind: 'benign',
  klass: 'benign',
  package: 'prom-client',
  version: '15.1.3',
  source: 'prom-client histogram by address, pushed and reset six times in a run. Sawtooth.',
  expectSuspect: null,
  ...require('../workloads/metrics-flush')()
}
