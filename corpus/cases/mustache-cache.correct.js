// mustache 4.2.0, used as it should be.
'use strict'

module.exports = {
  id: 'mustache-cache.correct',
  kind: 'benign',
  klass: 'benign',
  package: 'mustache',
  version: '4.2.0',
  source: 'correct use; see https://github.com/janl/mustache.js/issues/748 and /818 (templates are cached by their whole text)',
  expectSuspect: null,
  ...require('../workloads/mustache-cache')('mustache', { once: true })
}
