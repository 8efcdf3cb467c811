// A large report comes as JSON seven times in a run, is grouped by lodash, and stays until the next one.
'use strict'

const REPORTS = 7
const ROWS = 9000

module.exports = () => {
  const lodash = require('lodash')
  let every
  let text
  let last = null
  return {
    setup (run) {
      every = Math.max(1, Math.floor(run.steps / REPORTS))
      text = JSON.stringify(Array.from({ length: ROWS }, (_, j) => ({ id: j, group: 'g' + (j % 50), v: j * 1.25, tags: ['t' + (j % 9)] })))
    },
    step (i) {
      if (i % every === Math.floor(every / 2)) {
        const rows = JSON.parse(text)
        last = { by: lodash.groupBy(rows, 'group'), at: i }
      }
      return last && last.at
    }
  }
}
