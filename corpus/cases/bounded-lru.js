// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'bounded-lru',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: an LRU that fills in a straight line until 45 % of the run',
  expectSuspect: null,
  ...require('../workloads/bounded-lru')()
}
