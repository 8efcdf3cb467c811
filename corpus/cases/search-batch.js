// Ordinary work with minisearch that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'search-batch',
  kind: 'benign',
  klass: 'benign',
  package: 'minisearch',
  version: '6.3.0',
  source: 'minisearch index built anew twice in a run: read, index, publish, drop. Steps up and down.',
  expectSuspect: null,
  ...require('../workloads/search-batch')()
}
