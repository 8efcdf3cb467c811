// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'table-load',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: a big table that is loaded at 30 % of the run and kept',
  expectSuspect: null,
  ...require('../workloads/table-load')()
}
