// mem 4.0.0, without the leak of mem-maxage.leaky.
'use strict'

module.exports = {
  id: 'mem-maxage.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'mem',
  version: '4.0.0',
  source: 'https://github.com/sindresorhus/memoize/issues/14; fixed by PR #19 (mem 4.0.0)',
  expectSuspect: null,
  ...require('../workloads/mem-maxage')('mem-b')
}
