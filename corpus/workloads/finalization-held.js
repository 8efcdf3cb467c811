// Handles of connections are to be given back when a connection is collected. What the registry holds for that refers to the
// connection itself, so none ever is.
'use strict'

module.exports = () => {
  let released = 0
  const registry = new FinalizationRegistry(({ connection }) => { released += connection.handle })

  function connect (i) {
    const connection = { handle: i, peer: `peer-${i}.example`, sent: [i, 0, 0], isOpen: true }
    registry.register(connection, { connection, openedMs: Date.now() })
    return connection
  }

  return {
    step (i) {
      const connection = connect(i)
      connection.isOpen = false
      return released
    }
  }
}
