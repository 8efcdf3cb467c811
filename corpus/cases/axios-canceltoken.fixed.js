// axios 0.22.0, without the leak of axios-canceltoken.leaky.
'use strict'

module.exports = {
  id: 'axios-canceltoken.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'axios',
  version: '0.22.0',
  source: 'https://github.com/axios/axios/issues/3001 (also #1181); fixed by https://github.com/axios/axios/pull/3305 (CHANGELOG 0.22.0: "Fixed cancelToken leakage")',
  expectSuspect: null,
  ...require('../workloads/axios-canceltoken')('axios-b')
}
