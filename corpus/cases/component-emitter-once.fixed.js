// component-emitter 1.3.0, without the leak of component-emitter-once.leaky.
'use strict'

module.exports = {
  id: 'component-emitter-once.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'component-emitter',
  version: '1.3.0',
  source: 'https://github.com/sindresorhus/component-emitter/pull/74; https://github.com/socketio/engine.io-client/issues/552',
  expectSuspect: null,
  ...require('../workloads/component-emitter-once')('component-emitter-b')
}
