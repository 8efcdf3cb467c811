// Ordinary work with graphql that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'graphql-doccache',
  kind: 'benign',
  klass: 'benign',
  package: 'graphql',
  version: '16.10.0',
  source: 'graphql-js execution with an LRU of 400 parsed+validated documents fed by 900 distinct queries.',
  expectSuspect: null,
  ...require('../workloads/graphql-doccache')()
}
