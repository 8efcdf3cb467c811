// Ordinary work with quick-lru that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'quick-lru',
  kind: 'benign',
  klass: 'benign',
  package: 'quick-lru',
  version: '5.1.1',
  source: 'quick-lru of two generations, warmed by a skewed key stream; full part-way through the run, a sawtooth from then on.',
  expectSuspect: null,
  ...require('../workloads/quick-lru')()
}
