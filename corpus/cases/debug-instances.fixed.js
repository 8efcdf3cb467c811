// debug 4.3.1, without the leak of debug-instances.leaky.
'use strict'

module.exports = {
  id: 'debug-instances.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'debug',
  version: '4.3.1',
  source: 'https://github.com/debug-js/debug/issues/678 (createDebug.instances keeps every instance); met in https://github.com/loopbackio/loopback-next/issues/5943',
  expectSuspect: null,
  ...require('../workloads/debug-instances')('debug-b')
}
