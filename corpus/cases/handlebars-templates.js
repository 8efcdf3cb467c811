// Ordinary work with handlebars that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'handlebars-templates',
  kind: 'benign',
  klass: 'benign',
  package: 'handlebars',
  version: '4.7.8',
  source: 'Compiled-template cache over 300 existing templates; popular ones compile first, rare ones much later.',
  expectSuspect: null,
  ...require('../workloads/handlebars-templates')()
}
