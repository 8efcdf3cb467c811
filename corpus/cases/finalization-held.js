// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'finalization-held',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus; the misuse that https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry warns of: the held value refers to the target',
  expectSuspect: 'FinalizationRegistry|WeakCell|holdings|connection|registry',
  ...require('../workloads/finalization-held')()
}
