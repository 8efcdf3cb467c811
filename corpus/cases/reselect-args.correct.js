// reselect 5.1.1, used as it should be.
'use strict'

module.exports = {
  id: 'reselect-args.correct',
  kind: 'benign',
  klass: 'benign',
  package: 'reselect',
  version: '5.1.1',
  source: 'correct use; see https://github.com/reduxjs/reselect/issues/635 (weakMapMemoize holds results by primitive arguments and has no bound)',
  expectSuspect: null,
  ...require('../workloads/reselect-args')('reselect', { most: 800 })
}
