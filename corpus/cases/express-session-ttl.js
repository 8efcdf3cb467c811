// Ordinary work with express-session that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'express-session-ttl',
  kind: 'benign',
  klass: 'benign',
  package: 'express-session',
  version: '1.18.1',
  source: 'express + express-session + memorystore with a 2.5 s TTL: live sessions grow to rate x TTL, then level.',
  expectSuspect: null,
  ...require('../workloads/express-session-ttl')()
}
