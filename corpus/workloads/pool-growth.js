// generic-pool of connections with a session each. More and more work at the same time asks for more of them until 40 % of the run; the
// pool has its maximum then, and keeps it.
'use strict'

const MOST_CONNECTIONS = 80
const FULL_AT = 0.4
const STATEMENTS = 200

const connectionOf = (id) => ({
  id,
  statements: Array.from({ length: STATEMENTS }, (_, k) => ({ name: `statement ${k} of ${id}`, columns: [k, k + 1, k + 2] }))
})

module.exports = () => {
  const { createPool } = require('generic-pool')
  const inUse = []
  let pool
  let steps
  let made = 0
  return {
    setup (run) {
      steps = run.steps
      pool = createPool({
        create: async () => connectionOf(made++),
        destroy: async () => {}
      }, { min: 1, max: MOST_CONNECTIONS })
    },
    async step (i) {
      const atOnce = Math.min(MOST_CONNECTIONS, 1 + Math.floor(MOST_CONNECTIONS * i / (FULL_AT * steps)))
      if (inUse.length >= atOnce) await pool.release(inUse.shift())
      const connection = await pool.acquire()
      inUse.push(connection)
      return connection.statements[i % STATEMENTS].name
    }
  }
}
