// xstate 4.7.0-rc6, which leaks. 4.7.8 does not.
'use strict'

module.exports = {
  id: 'xstate-registry.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'xstate',
  version: '4.7.0-rc6',
  fixedIn: '4.7.8',
  source: 'https://github.com/statelyai/xstate/issues/956; fixed by https://github.com/statelyai/xstate/pull/957 (CHANGELOG 4.7.7)',
  expectSuspect: 'registry|children|Interpreter|Map',
  ...require('../workloads/xstate-registry')('xstate-a')
}
