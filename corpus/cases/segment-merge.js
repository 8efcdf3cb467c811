// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'segment-merge',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: tables that are flushed into segments, and segments that are merged by fours, as in log-structured storage',
  expectSuspect: null,
  ...require('../workloads/segment-merge')()
}
