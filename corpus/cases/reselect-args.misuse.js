// reselect 5.1.1, used in a way that leaks.
'use strict'

module.exports = {
  id: 'reselect-args.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: 'reselect',
  version: '5.1.1',
  source: 'https://github.com/reduxjs/reselect/issues/635 (weakMapMemoize holds results by primitive arguments and has no bound)',
  expectSuspect: 'reselect|weakMapMemoize|Map|CacheNode|memoized|selectPage|resultsCount|lastResult',
  ...require('../workloads/reselect-args')('reselect', { most: Infinity })
}
