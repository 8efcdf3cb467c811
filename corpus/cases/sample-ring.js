// Ordinary work made for this corpus.
'use strict'

module.exports = {
  id: 'sample-ring',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: the newest numbers and texts, in rings of a fixed size',
  expectSuspect: null,
  ...require('../workloads/sample-ring')()
}
