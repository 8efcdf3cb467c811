// keyv 4.0.1, without the leak of keyv-ttl.leaky.
'use strict'

module.exports = {
  id: 'keyv-ttl.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'keyv',
  version: '4.0.1',
  source: 'https://github.com/jaredwray/keyv/issues/108 (PR #107, 4.0.1); met in https://github.com/Kikobeats/cacheable-response/issues/49',
  expectSuspect: null,
  ...require('../workloads/keyv-ttl')('keyv-b')
}
