// co 4.6.0, without the leak of co-loop.leaky.
'use strict'

module.exports = {
  id: 'co-loop.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'co',
  version: '4.6.0',
  source: 'https://github.com/tj/co/issues/180 (co History.md 4.1.0: "fix memory leak #180"); https://github.com/koajs/koa/pull/387',
  expectSuspect: null,
  ...require('../workloads/co-loop')('co-b')
}
