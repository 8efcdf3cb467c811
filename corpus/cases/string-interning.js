// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'string-interning',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: names that are interned when they are first seen, until all are known',
  expectSuspect: null,
  ...require('../workloads/string-interning')()
}
