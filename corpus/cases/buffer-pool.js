// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'buffer-pool',
  kind: 'benign',
  klass: 'benign',
  memory: 'external',
  package: null,
  version: null,
  source: 'written for this corpus: a pool of Buffers that fills until 40 % of the run and stays',
  expectSuspect: null,
  ...require('../workloads/buffer-pool')()
}
