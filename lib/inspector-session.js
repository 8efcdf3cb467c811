// The inspector session of this package in a thread. It stays open: ending one makes V8 forget the ids of objects
// that an open HeapDiff compares, whoever's session it is.
'use strict'

const SESSION = Symbol.for('memwatch-rs.inspectorSession')

/** @throws where Node was built without the inspector, or may not use it */
function inspectorSession () {
  if (!process[SESSION]) {
    const { Session } = require('node:inspector')
    const session = new Session()
    session.connect()
    process[SESSION] = session
  }
  return process[SESSION]
}

module.exports = { inspectorSession }
