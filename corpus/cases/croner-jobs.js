// Ordinary work with croner that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'croner-jobs',
  kind: 'benign',
  klass: 'benign',
  package: 'croner',
  version: '8.0.2',
  source: 'croner jobs that run one to three times, a second apart, and end: grows to rate x lifetime, then level.',
  expectSuspect: null,
  ...require('../workloads/croner-jobs')()
}
