// Look-ups that mem remembers for 300 ms; most keys are seen once.
'use strict'

const MAX_AGE_MS = 300

module.exports = (packageName) => {
  const mem = require(packageName)
  const lookUp = mem((k) => ({ k, profile: 'user ' + k, roles: ['a', 'b'], at: Date.now() }), { maxAge: MAX_AGE_MS })
  return {
    step (i) {
      return lookUp('user:' + (i % 7 ? i : i % 100)).k
    }
  }
}
