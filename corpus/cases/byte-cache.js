// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'byte-cache',
  kind: 'benign',
  klass: 'benign',
  memory: 'external',
  package: null,
  version: null,
  source: 'written for this corpus: a cache of Buffers that is bounded by bytes and full at about 42 % of the run',
  expectSuspect: null,
  ...require('../workloads/byte-cache')()
}
