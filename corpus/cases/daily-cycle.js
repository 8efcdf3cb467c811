// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'daily-cycle',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: a sawtooth with a period of a quarter of the run',
  expectSuspect: null,
  ...require('../workloads/daily-cycle')()
}
