// Ordinary work with csv-parse that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'csv-batch',
  kind: 'benign',
  klass: 'benign',
  package: 'csv-parse',
  version: '5.6.0',
  source: 'Periodic import job (csv-parse): rows of a batch accumulate, the batch is committed and dropped. Sawtooth.',
  expectSuspect: null,
  ...require('../workloads/csv-batch')()
}
