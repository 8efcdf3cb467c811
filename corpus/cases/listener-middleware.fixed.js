// @reduxjs/toolkit 1.9.2, without the leak of listener-middleware.leaky.
'use strict'

module.exports = {
  id: 'listener-middleware.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: '@reduxjs/toolkit',
  version: '1.9.2',
  source: 'https://github.com/reduxjs/redux-toolkit/issues/3020; fixed by https://github.com/reduxjs/redux-toolkit/pull/3021',
  expectSuspect: null,
  ...require('../workloads/listener-middleware')('toolkit-b')
}
