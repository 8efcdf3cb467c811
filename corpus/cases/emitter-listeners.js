// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'emitter-listeners',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: a listener for each request on an emitter of the application, MaxListeners off',
  expectSuspect: 'settings|_events|EventEmitter|language|request',
  ...require('../workloads/emitter-listeners')()
}
