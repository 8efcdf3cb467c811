// A regular import (csv-parse): the rows of a batch pile up until it is committed and dropped. A sawtooth.
'use strict'

const BATCH_ROWS = 16000
const ROWS_A_STEP = 10

module.exports = () => {
  const { parse } = require('csv-parse/sync')
  let batch = []
  return {
    step (i) {
      const lines = Array.from({ length: ROWS_A_STEP }, (_, j) => `${i * ROWS_A_STEP + j},item ${j},${j},${j * 1.5}`)
      const rows = parse('id,name,qty,price\n' + lines.join('\n'), { columns: true })
      for (const row of rows) batch.push(row)
      if (batch.length >= BATCH_ROWS) batch = []
      return batch.length
    }
  }
}
