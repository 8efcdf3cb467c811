// The beginning of each order is marked in the timeline of the process. The marks are cleared so many times in a run, or never.
'use strict'

const { performance } = require('node:perf_hooks')

module.exports = ({ clears }) => {
  let stepsAClear
  return {
    setup (run) {
      stepsAClear = clears === 0 ? Infinity : Math.floor(run.steps / clears)
    },
    step (i) {
      if (i % stepsAClear === 0) performance.clearMarks()
      return performance.mark(`order-${i}`).startTime
    }
  }
}
