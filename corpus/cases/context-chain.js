// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'context-chain',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: a poll that schedules the next one within its own AsyncLocalStorage context, whose span has the one before as its parent',
  expectSuspect: 'parent|span|kResourceStore',
  ...require('../workloads/context-chain')()
}
