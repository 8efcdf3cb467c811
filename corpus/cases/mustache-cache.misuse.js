// mustache 4.2.0, used in a way that leaks.
'use strict'

module.exports = {
  id: 'mustache-cache.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: 'mustache',
  version: '4.2.0',
  source: 'https://github.com/janl/mustache.js/issues/748 and /818 (templates are cached by their whole text)',
  expectSuspect: 'templateCache|_cache|Writer|parseTemplate|nestTokens',
  ...require('../workloads/mustache-cache')('mustache', { once: false })
}
