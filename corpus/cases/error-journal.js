// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'error-journal',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: errors with their stacks, kept to be looked at later',
  expectSuspect: 'failures|Error',
  ...require('../workloads/error-journal')()
}
