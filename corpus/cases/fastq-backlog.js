// Ordinary work with fastq that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'fastq-backlog',
  kind: 'benign',
  klass: 'benign',
  package: 'fastq',
  version: '1.20.3',
  source: 'fastq: the backlog grows until 40% of the run, drains, and stays empty.',
  expectSuspect: null,
  ...require('../workloads/fastq-backlog')()
}
