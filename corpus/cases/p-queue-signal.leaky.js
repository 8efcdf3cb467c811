// p-queue 9.0.0, which leaks. 9.0.1 does not.
'use strict'

module.exports = {
  id: 'p-queue-signal.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'p-queue',
  version: '9.0.0',
  fixedIn: '9.0.1',
  source: 'https://github.com/sindresorhus/p-queue/pull/235 (9.0.1)',
  expectSuspect: 'AbortSignal|kEvents|Listener|abort|throwOnAbort|signal',
  ...require('../workloads/p-queue-signal')('p-queue-a')
}
