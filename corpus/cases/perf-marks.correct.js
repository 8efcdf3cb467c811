// An API of Node.js, used as it should be.
'use strict'

module.exports = {
  id: 'perf-marks.correct',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'correct use; see https://github.com/elastic/kibana/issues/116636, https://github.com/nodejs/node/pull/39297 (marks stay in the buffer of the process until clearMarks)',
  expectSuspect: null,
  ...require('../workloads/perf-marks')({ clears: 8 })
}
