// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'koa-requests',
  kind: 'benign',
  klass: 'benign',
  package: 'koa',
  version: '2.15.4',
  source: 'written for this corpus: koa with garbage of requests only',
  expectSuspect: null,
  ...require('../workloads/koa-requests')()
}
