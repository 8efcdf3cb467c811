// Events of the newest tenth of the run, for a limit of how often somebody may do something. One comes a step at the beginning and six
// at 36 % of the run and from then on.
'use strict'

const WINDOW = 0.1
const LEVEL_AT = 0.36
const FEWEST = 1
const MOST = 6
const ROOM = 1024

module.exports = () => {
  /** Of the window, by user. */
  const counts = new Map()
  const events = []
  let first = 0
  let steps
  let made = 0

  function leave ({ user }) {
    const left = counts.get(user) - 1
    if (left === 0) counts.delete(user)
    else counts.set(user, left)
  }

  function come (i) {
    const user = `user ${Math.imul(made++, 0x9e3779b1) >>> 20}`
    events.push({ at: i, user, address: `10.0.${made % 256}.${i % 256}` })
    counts.set(user, (counts.get(user) ?? 0) + 1)
  }

  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      const rate = FEWEST + (MOST - FEWEST) * Math.min(1, i / (LEVEL_AT * steps))
      // The part behind the point decides how often one more comes.
      const coming = Math.floor(rate * (i + 1)) - Math.floor(rate * i)
      for (let k = 0; k < Math.min(coming, MOST); k++) come(i)
      while (first < events.length && events[first].at <= i - WINDOW * steps) leave(events[first++])
      if (first > ROOM) {
        events.splice(0, first)
        first = 0
      }
      return counts.size
    }
  }
}
