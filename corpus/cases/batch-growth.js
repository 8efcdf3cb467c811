// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'batch-growth',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: batches that get larger until 45 % of the run, each dropped when it is done, and small ones after that',
  expectSuspect: null,
  ...require('../workloads/batch-growth')()
}
