// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'shutdown-race',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: a race against once() for each request, in a context of AsyncLocalStorage',
  expectSuspect: 'service|shutdown|_events|EventEmitter|once|eventTargetAgnosticAddListener',
  ...require('../workloads/shutdown-race')()
}
