// Ordinary work with socket.io that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'socketio-ramp',
  kind: 'benign',
  klass: 'benign',
  package: 'socket.io',
  version: '4.7.5',
  source: 'socket.io game server: players join up to 60 over 40% of the run, then steady traffic with players leaving and joining.',
  expectSuspect: null,
  ...require('../workloads/socketio-ramp')()
}
