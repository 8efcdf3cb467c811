// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'audit-text',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: a text that gets a line a request',
  expectSuspect: 'audit|string',
  ...require('../workloads/audit-text')()
}
