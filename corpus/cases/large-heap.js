// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'large-heap',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: a heap that is large from the beginning, and nothing else',
  expectSuspect: null,
  ...require('../workloads/large-heap')()
}
