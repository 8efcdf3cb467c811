// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'bigint-nonces',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: nonces as BigInt in a Set that nothing prunes, a slow leak',
  expectSuspect: 'seenNonces|Set|bigint',
  ...require('../workloads/bigint-nonces')()
}
