// mem 3.0.1, which leaks. 4.0.0 does not.
'use strict'

module.exports = {
  id: 'mem-maxage.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'mem',
  version: '3.0.1',
  fixedIn: '4.0.0',
  source: 'https://github.com/sindresorhus/memoize/issues/14; fixed by PR #19 (mem 4.0.0)',
  expectSuspect: 'cache|Map|mem',
  ...require('../workloads/mem-maxage')('mem-a')
}
