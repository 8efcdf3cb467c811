// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'plugin-steps',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: plugins that are loaded at 8, 20, 33 and 46 % of the run; between them the heap is level',
  expectSuspect: null,
  ...require('../workloads/plugin-steps')()
}
