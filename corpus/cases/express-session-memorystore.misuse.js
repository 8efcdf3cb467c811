// express-session 1.18.1, used in a way that leaks.
'use strict'

module.exports = {
  id: 'express-session-memorystore.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: 'express-session',
  version: '1.18.1',
  source: 'express-session README warning (MemoryStore "will leak memory under most conditions"); https://github.com/node-red/node-red/issues/1434',
  expectSuspect: 'MemoryStore|sessions',
  ...require('../workloads/express-session-store')('express-session', {})
}
