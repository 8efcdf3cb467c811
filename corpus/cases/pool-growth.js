// Ordinary work with generic-pool that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'pool-growth',
  kind: 'benign',
  klass: 'benign',
  package: 'generic-pool',
  version: '3.9.0',
  source: 'generic-pool that grows to its maximum of 80 connections until 40% of the run.',
  expectSuspect: null,
  ...require('../workloads/pool-growth')()
}
