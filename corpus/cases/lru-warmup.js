// Ordinary work with lru-cache that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'lru-warmup',
  kind: 'benign',
  klass: 'benign',
  package: 'lru-cache',
  version: '10.4.3',
  source: 'lru-cache of 12,000 records warmed by a skewed key stream; saturates part-way through the run.',
  expectSuspect: null,
  ...require('../workloads/lru-warmup')()
}
