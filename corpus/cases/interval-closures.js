// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'interval-closures',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: closures kept in an array by an interval that is never cleared',
  expectSuspect: 'resends|send|order|Timeout',
  ...require('../workloads/interval-closures')()
}
