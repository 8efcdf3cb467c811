// component-emitter 1.2.1, which leaks. 1.3.0 does not.
'use strict'

module.exports = {
  id: 'component-emitter-once.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'component-emitter',
  version: '1.2.1',
  fixedIn: '1.3.0',
  source: 'https://github.com/sindresorhus/component-emitter/pull/74; https://github.com/socketio/engine.io-client/issues/552',
  expectSuspect: '_callbacks|Emitter',
  ...require('../workloads/component-emitter-once')('component-emitter-a')
}
