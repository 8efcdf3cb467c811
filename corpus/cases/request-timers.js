// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'request-timers',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: a timer of an hour for each request, never cleared',
  expectSuspect: 'Timeout|Timer|setTimeout|request',
  ...require('../workloads/request-timers')()
}
