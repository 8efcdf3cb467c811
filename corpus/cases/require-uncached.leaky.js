// require-uncached 1.0.2, which leaks. 1.0.3 does not.
'use strict'

module.exports = {
  id: 'require-uncached.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'require-uncached',
  version: '1.0.2',
  fixedIn: '1.0.3',
  source: 'https://github.com/sindresorhus/import-fresh/issues/2; fixed by https://github.com/sindresorhus/import-fresh/pull/3 (1.0.3)',
  expectSuspect: 'Module|children|requireUncached',
  ...require('../workloads/require-uncached')('require-uncached-a')
}
