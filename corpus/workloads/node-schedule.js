// One-off jobs: the hold on each order is scheduled to end at a date, which is a millisecond away here.
'use strict'

const HOLD_MS = 1

module.exports = (packageName) => {
  const { scheduleJob } = require(packageName)
  return {
    step (i) {
      const order = { id: i, isHeld: true }
      return new Promise((resolve) => {
        const release = () => {
          order.isHeld = false
          resolve(order.id)
        }
        // A date that has passed in the meantime is not scheduled at all.
        if (scheduleJob(new Date(Date.now() + HOLD_MS), release) === null) release()
      })
    }
  }
}
