// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'ttl-cache',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: a cache whose entries live for 1.2 s',
  expectSuspect: null,
  ...require('../workloads/ttl-cache')()
}
