// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'cause-chain',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: each failure has the one before as its cause, from 30 % of the run on',
  expectSuspect: 'cause|Error|lastFailure',
  ...require('../workloads/cause-chain')()
}
