// eventemitter2 1.0.0, without the leak of eventemitter2-once.leaky.
'use strict'

module.exports = {
  id: 'eventemitter2-once.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'eventemitter2',
  version: '1.0.0',
  source: 'https://github.com/EventEmitter2/EventEmitter2/pull/132 (fixes #65, empty branches of listenerTree stay); met in https://github.com/englercj/node-esl/issues/69',
  expectSuspect: null,
  ...require('../workloads/eventemitter2-once')('eventemitter2-b')
}
