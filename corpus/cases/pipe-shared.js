// A leak made for this corpus.
'use strict'

module.exports = {
  id: 'pipe-shared',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  source: 'written for this corpus: sources that are destroyed while piped to one lasting destination leave their listeners there; akin to https://github.com/nodejs/readable-stream/issues/43',
  expectSuspect: '_events|Readable|Writable|onunpipe|unpipe|archive|ReadableState|onfinish|onerror|onclose|pipe',
  ...require('../workloads/pipe-shared')()
}
