// An API of Node.js, used in a way that leaks.
'use strict'

module.exports = {
  id: 'perf-marks.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'https://github.com/elastic/kibana/issues/116636, https://github.com/nodejs/node/pull/39297 (marks stay in the buffer of the process until clearMarks)',
  expectSuspect: 'PerformanceMark|performance|usertiming|markEntryBuffer|markTimings',
  ...require('../workloads/perf-marks')({ clears: 0 })
}
