// Ordinary work made for this corpus.
'use strict'

module.exports = {
  id: 'route-counters',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: counters of routes, of which fewer and fewer are new',
  expectSuspect: null,
  ...require('../workloads/route-counters')()
}
