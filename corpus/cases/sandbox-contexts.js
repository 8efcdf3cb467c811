// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'sandbox-contexts',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: contexts of node:vm, one a tenant, never let go',
  expectSuspect: 'sandboxes|Context|global|Map',
  ...require('../workloads/sandbox-contexts')()
}
