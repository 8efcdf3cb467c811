// require-uncached 1.0.3, without the leak of require-uncached.leaky.
'use strict'

module.exports = {
  id: 'require-uncached.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'require-uncached',
  version: '1.0.3',
  source: 'https://github.com/sindresorhus/import-fresh/issues/2; fixed by https://github.com/sindresorhus/import-fresh/pull/3 (1.0.3)',
  expectSuspect: null,
  ...require('../workloads/require-uncached')('require-uncached-b')
}
