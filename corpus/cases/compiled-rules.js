// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'compiled-rules',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: functions compiled from text, one a request',
  expectSuspect: 'rules|Function',
  ...require('../workloads/compiled-rules')()
}
