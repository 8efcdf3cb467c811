// node-fetch 3.1.0, which leaks. 3.3.2 does not.
'use strict'

module.exports = {
  id: 'node-fetch-keepalive.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'node-fetch',
  version: '3.1.0',
  fixedIn: '3.3.2',
  source: 'https://github.com/node-fetch/node-fetch/issues/1446 and /1295 (listeners on the reused keep-alive socket)',
  expectSuspect: 'onSocketClose|_events|Socket|fixResponseChunkedTransferBadEnding|close|data',
  ...require('../workloads/node-fetch-keepalive')('node-fetch-a')
}
