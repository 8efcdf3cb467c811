// axios 0.21.4, which leaks. 0.22.0 does not.
'use strict'

module.exports = {
  id: 'axios-canceltoken.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'axios',
  version: '0.21.4',
  fixedIn: '0.22.0',
  source: 'https://github.com/axios/axios/issues/3001 (also #1181); fixed by https://github.com/axios/axios/pull/3305 (CHANGELOG 0.22.0: "Fixed cancelToken leakage")',
  expectSuspect: 'CancelToken|onCanceled|PromiseReaction|promise|ClientRequest',
  ...require('../workloads/axios-canceltoken')('axios-a')
}
