// A coroutine that loops for the life of the process and waits for one job after the other.
'use strict'

module.exports = (packageName) => {
  const co = require(packageName)
  let giveJob
  let jobDone
  return {
    setup () {
      // A generator function, as in co's README.
      co(function * () {
        for (;;) {
          const job = yield new Promise((resolve) => { giveJob = resolve })
          yield Promise.resolve(job)
          if (jobDone) jobDone()
        }
      })
      return new Promise((resolve) => setImmediate(resolve))
    },
    step (i) {
      return new Promise((resolve) => {
        jobDone = () => {
          jobDone = null
          setImmediate(resolve)
        }
        giveJob(i)
      })
    }
  }
}
