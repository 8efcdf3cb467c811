// A detector made of one rule over the post-GC live heap: what a program could do with `stats` alone.
'use strict'

const memwatch = require('../..')

/** @param {() => (liveBytes: number) => boolean} createRule a rule takes one reading a full collection, and says whether it sees a leak */
function baseline (createRule) {
  return {
    createRule,
    start (report) {
      const seesLeak = createRule()
      memwatch.on('stats', ({ liveBytes }) => {
        if (seesLeak(liveBytes)) report({ state: 'leak' })
      })
    }
  }
}

module.exports = { baseline }
