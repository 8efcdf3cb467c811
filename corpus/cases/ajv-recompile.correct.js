// ajv 8.17.1, used as it should be.
'use strict'

module.exports = {
  id: 'ajv-recompile.correct',
  kind: 'benign',
  klass: 'benign',
  package: 'ajv',
  version: '8.17.1',
  source: 'correct use; see https://github.com/ajv-validator/ajv/issues/1763 and /1413 (v7+: the schema object itself is the cache key)',
  expectSuspect: null,
  ...require('../workloads/ajv-recompile')('ajv', { once: true })
}
