// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'sliding-window',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: a window over the newest events; six times as many come at 36 % of the run as at its beginning, and no more after that',
  expectSuspect: null,
  ...require('../workloads/sliding-window')()
}
