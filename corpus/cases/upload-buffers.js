// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'upload-buffers',
  kind: 'leak',
  klass: 'misuse',
  memory: 'external',
  package: null,
  version: null,
  source: 'written for this corpus: Buffers of 16 KB in an array that is never emptied',
  expectSuspect: 'parts|Buffer|Uint8Array',
  ...require('../workloads/upload-buffers')()
}
