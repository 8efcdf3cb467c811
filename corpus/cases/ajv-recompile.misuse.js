// ajv 8.17.1, used in a way that leaks.
'use strict'

module.exports = {
  id: 'ajv-recompile.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: 'ajv',
  version: '8.17.1',
  source: 'https://github.com/ajv-validator/ajv/issues/1763 and /1413 (v7+: the schema object itself is the cache key)',
  expectSuspect: '_cache|Ajv|SchemaEnv|ValueScope|scope|validate',
  ...require('../workloads/ajv-recompile')('ajv', { once: false })
}
