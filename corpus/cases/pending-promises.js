// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'pending-promises',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: promises that never settle, held in a Set',
  expectSuspect: 'open|Promise|Set|question|answered',
  ...require('../workloads/pending-promises')()
}
