// A migration in batches of rows. It tries larger and larger ones until 45 % of the run; what is left after that goes in small ones.
// A batch is dropped when it is complete.
'use strict'

const DONE_AT = 0.45
const BATCHES = 9
const ROWS_MORE = 1500
const ROWS_AFTER = 300

module.exports = () => {
  let rows = []
  let steps
  let written = 0
  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      const progress = i / (DONE_AT * steps)
      const batch = Math.min(Math.floor(progress * BATCHES), BATCHES)
      const isMigrating = batch < BATCHES
      // So many rows a step that the batch has all of its own when it ends.
      const wanted = isMigrating ? Math.floor((progress * BATCHES - batch) * ROWS_MORE * (batch + 1)) : 1 + i % ROWS_AFTER
      if (wanted < rows.length) {
        written += rows.length
        rows = []
      }
      while (rows.length < wanted) rows.push({ id: written + rows.length, name: `row ${rows.length}`, values: [i, i * 0.5] })
      return written
    }
  }
}
