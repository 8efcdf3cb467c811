// A search gives its rows page by page: the cursor of a client is a generator, and it is deleted when the last page was read. Four to
// five clients of ten look at the first page and never come back.
'use strict'

const { randomFrom } = require('../lib/random')

const ROWS = 50
const ROWS_A_PAGE = 20
const SHARE_OF_LEAVING = 0.45
const READS_A_STEP = 3

const random = randomFrom(127)
const cursors = new Map()
/** The ids of the cursors whose clients go on. */
const readers = []

const rowsOf = (query) => Array.from({ length: ROWS }, (_, k) => ({ id: query * ROWS + k, name: `article ${query % 97}-${k}`, score: random() }))

function * pagesOf (query) {
  const rows = rowsOf(query)
  for (let from = 0; from < rows.length; from += ROWS_A_PAGE) yield rows.slice(from, from + ROWS_A_PAGE)
}

/** @returns {boolean} whether there was one more page */
function readPage (id) {
  const { done } = cursors.get(id).next()
  if (done) cursors.delete(id)
  return !done
}

module.exports = {
  id: 'page-cursors',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: suspended generators of clients that do not read to the last page, a fast leak',
  expectSuspect: 'cursors|Generator|pagesOf|rowsOf|rows|Map',
  step (i) {
    cursors.set(i, pagesOf(i))
    readPage(i)
    if (random() >= SHARE_OF_LEAVING) readers.push(i)
    for (let k = 0; k < READS_A_STEP && readers.length > 0; k++) {
      if (!readPage(readers[0])) readers.shift()
    }
    return cursors.size
  }
}
