// keyv 4.0.0, which leaks. 4.0.1 does not.
'use strict'

module.exports = {
  id: 'keyv-ttl.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'keyv',
  version: '4.0.0',
  fixedIn: '4.0.1',
  source: 'https://github.com/jaredwray/keyv/issues/108 (PR #107, 4.0.1); met in https://github.com/Kikobeats/cacheable-response/issues/49',
  expectSuspect: 'store|Keyv|Map',
  ...require('../workloads/keyv-ttl')('keyv-a')
}
