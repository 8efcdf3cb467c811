// Ordinary work with highlight.js that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'highlight-grammars',
  kind: 'benign',
  klass: 'benign',
  package: 'highlight.js',
  version: '11.9.0',
  source: 'highlight.js with 24 grammars, loaded and compiled one by one until 45% of the run, then steady.',
  expectSuspect: null,
  ...require('../workloads/highlight-grammars')()
}
