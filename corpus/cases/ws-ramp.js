// Ordinary work with ws that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'ws-ramp',
  kind: 'benign',
  klass: 'benign',
  package: 'ws',
  version: '8.18.0',
  source: 'ws chat server: clients join up to 80 over 35% of the run, then steady traffic with members leaving and joining.',
  expectSuspect: null,
  ...require('../workloads/ws-ramp')()
}
