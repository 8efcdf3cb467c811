// express-session 1.18.1, used as it should be.
'use strict'

module.exports = {
  id: 'express-session-memorystore.correct',
  kind: 'benign',
  klass: 'benign',
  package: 'express-session',
  version: '1.18.1',
  source: 'correct use; see express-session README warning (MemoryStore "will leak memory under most conditions"); https://github.com/node-red/node-red/issues/1434',
  expectSuspect: null,
  ...require('../workloads/express-session-store')('express-session', { store: 'memorystore', ttlMs: 1500 })
}
