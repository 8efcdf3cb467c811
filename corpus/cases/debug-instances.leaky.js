// debug 4.1.1, which leaks. 4.3.1 does not.
'use strict'

module.exports = {
  id: 'debug-instances.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'debug',
  version: '4.1.1',
  fixedIn: '4.3.1',
  source: 'https://github.com/debug-js/debug/issues/678 (createDebug.instances keeps every instance); met in https://github.com/loopbackio/loopback-next/issues/5943',
  expectSuspect: 'instances|createDebug|debug',
  ...require('../workloads/debug-instances')('debug-a')
}
