// Ordinary work with dataloader that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'dataloader',
  kind: 'benign',
  klass: 'benign',
  package: 'dataloader',
  version: '2.2.3',
  source: 'DataLoader per request; up to 64 requests in flight, load (and so the live set) varies over time.',
  expectSuspect: null,
  ...require('../workloads/dataloader')()
}
