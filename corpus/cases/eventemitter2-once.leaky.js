// eventemitter2 0.4.14, which leaks. 1.0.0 does not.
'use strict'

module.exports = {
  id: 'eventemitter2-once.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'eventemitter2',
  version: '0.4.14',
  fixedIn: '1.0.0',
  source: 'https://github.com/EventEmitter2/EventEmitter2/pull/132 (fixes #65, empty branches of listenerTree stay); met in https://github.com/englercj/node-esl/issues/69',
  expectSuspect: 'listenerTree|growListenerTree|EventEmitter',
  ...require('../workloads/eventemitter2-once')('eventemitter2-a')
}
