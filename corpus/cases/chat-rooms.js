// Ordinary work with rxjs that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'chat-rooms',
  kind: 'benign',
  klass: 'benign',
  package: 'rxjs',
  version: '7.8.1',
  source: 'rxjs subjects and subscriptions, opened and closed as the traffic goes up and down three times in a run.',
  expectSuspect: null,
  ...require('../workloads/chat-rooms')()
}
