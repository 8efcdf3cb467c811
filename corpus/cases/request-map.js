// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'request-map',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: a Map of the module, keyed by the id of the request',
  expectSuspect: 'openRequests|Map',
  ...require('../workloads/request-map')()
}
