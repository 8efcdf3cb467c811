// Ordinary work with lodash that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'json-bursts',
  kind: 'benign',
  klass: 'benign',
  package: 'lodash',
  version: '4.17.21',
  source: 'Every ~2 s a large JSON report is parsed, aggregated (lodash) and kept until the next one.',
  expectSuspect: null,
  ...require('../workloads/json-bursts')()
}
