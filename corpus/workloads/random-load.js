// Sessions of a service whose load nobody can foresee: how many are open at a time is drawn anew after a random while.
'use strict'

const { randomFrom } = require('../lib/random')

const MOST_SESSIONS = 9000
const OPENED_A_STEP = 8
/** In shares of the run. */
const SHORTEST = 0.01
const LONGEST = 0.07

module.exports = () => {
  const random = randomFrom(41)
  const sessions = []
  let steps
  let wanted = 0
  let changesAt = 0
  let opened = 0

  function drawLoad (i) {
    wanted = Math.floor(random() * MOST_SESSIONS)
    changesAt = i + Math.floor((SHORTEST + random() * (LONGEST - SHORTEST)) * steps)
  }

  const sessionOf = (id) => ({ id, user: `user ${id}`, basket: [id, id + 1], seenMs: Date.now() })

  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      if (i >= changesAt) drawLoad(i)
      for (let k = 0; k < OPENED_A_STEP; k++) {
        if (sessions.length < wanted) sessions.push(sessionOf(opened++))
        else if (sessions.length > wanted) sessions.pop()
      }
      // Somebody always comes and goes.
      if (sessions.length > 0) sessions[i % sessions.length] = sessionOf(opened++)
      return sessions.length
    }
  }
}
