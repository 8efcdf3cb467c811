// @reduxjs/toolkit 1.9.1, which leaks. 1.9.2 does not.
'use strict'

module.exports = {
  id: 'listener-middleware.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: '@reduxjs/toolkit',
  version: '1.9.1',
  fixedIn: '1.9.2',
  source: 'https://github.com/reduxjs/redux-toolkit/issues/3020; fixed by https://github.com/reduxjs/redux-toolkit/pull/3021',
  expectSuspect: 'AbortSignal|kEvents|Listener|promisifyAbortSignal|notifyRejection|addAbortSignalListener',
  ...require('../workloads/listener-middleware')('toolkit-a')
}
