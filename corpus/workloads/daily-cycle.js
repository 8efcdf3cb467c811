// Four days in a run: visits pile up over the day, and the job of the night closes the books and drops them.
'use strict'

const DAYS = 4

module.exports = () => {
  let visits = []
  let stepsOfDay
  return {
    setup (run) {
      stepsOfDay = Math.floor(run.steps / DAYS)
    },
    step (i) {
      if (i % stepsOfDay === 0) visits = []
      visits.push({ id: i, page: `/products/${i}`, at: Date.now() })
      return visits.length
    }
  }
}
