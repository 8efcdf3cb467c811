// Made for this corpus: looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'random-load',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  source: 'written for this corpus: sessions whose number jumps at random, and lasts for a random while',
  expectSuspect: null,
  ...require('../workloads/random-load')()
}
