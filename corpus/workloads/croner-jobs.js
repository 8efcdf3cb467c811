// Reminders as jobs of croner that run every second, one to three times, and end.
'use strict'

const MOST_RUNS = 3

module.exports = () => {
  const { Cron } = require('croner')
  let runs = 0
  return {
    step (i) {
      const reminder = { id: i, text: `reminder ${i}`, sent: 0 }
      const job = new Cron('* * * * * *', { maxRuns: 1 + i % MOST_RUNS }, () => {
        reminder.sent++
        runs++
      })
      return job.isRunning() ? runs : 0
    }
  }
}
