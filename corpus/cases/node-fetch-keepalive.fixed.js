// node-fetch 3.3.2, without the leak of node-fetch-keepalive.leaky.
'use strict'

module.exports = {
  id: 'node-fetch-keepalive.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'node-fetch',
  version: '3.3.2',
  source: 'https://github.com/node-fetch/node-fetch/issues/1446 and /1295 (listeners on the reused keep-alive socket)',
  expectSuspect: null,
  ...require('../workloads/node-fetch-keepalive')('node-fetch-b')
}
