// co 4.0.2, which leaks. 4.6.0 does not.
'use strict'

module.exports = {
  id: 'co-loop.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'co',
  version: '4.0.2',
  fixedIn: '4.6.0',
  source: 'https://github.com/tj/co/issues/180 (co History.md 4.1.0: "fix memory leak #180"); https://github.com/koajs/koa/pull/387',
  expectSuspect: 'Promise|onFulfilled|PromiseReaction|resolve|next',
  ...require('../workloads/co-loop')('co-a')
}
