// xstate 4.7.8, without the leak of xstate-registry.leaky.
'use strict'

module.exports = {
  id: 'xstate-registry.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'xstate',
  version: '4.7.8',
  source: 'https://github.com/statelyai/xstate/issues/956; fixed by https://github.com/statelyai/xstate/pull/957 (CHANGELOG 4.7.7)',
  expectSuspect: null,
  ...require('../workloads/xstate-registry')('xstate-b')
}
