// p-queue 9.0.1, without the leak of p-queue-signal.leaky.
'use strict'

module.exports = {
  id: 'p-queue-signal.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'p-queue',
  version: '9.0.1',
  source: 'https://github.com/sindresorhus/p-queue/pull/235 (9.0.1)',
  expectSuspect: null,
  ...require('../workloads/p-queue-signal')('p-queue-b')
}
