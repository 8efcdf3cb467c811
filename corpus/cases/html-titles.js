// htmlparser2 9.1.0, used in a way that leaks.
'use strict'

module.exports = {
  id: 'html-titles',
  kind: 'leak',
  klass: 'misuse',
  package: 'htmlparser2',
  version: '9.1.0',
  source: 'https://github.com/cheeriojs/cheerio/issues/263, https://github.com/apify/crawlee/issues/3809 (texts cut from a page keep the page, V8 sliced strings); the program is written for this corpus and uses htmlparser2 itself',
  expectSuspect: 'titles|string|Map',
  ...require('../workloads/html-titles')('htmlparser2')
}
