// Rows of an export are written to a stream that takes 7,000 of them before it asks to wait, and whose receiver is slower than the
// database at some times and faster at others. When the stream is full, reading stops until it is empty.
'use strict'

const { Writable } = require('node:stream')
const { randomFrom } = require('../lib/random')

const MOST_WAITING = 7000
const ROWS_A_STEP = 3
const SLOWEST = 0.8
const FASTEST = 3.4
/** In shares of the run. */
const SHORTEST_SPELL = 0.02
const LONGEST_SPELL = 0.09

const random = randomFrom(317)
let steps
let receiverPace = SLOWEST
let spellEndsAt = 0
let owed = 0
let received = 0
let isPaused = false
let receiverIsReady = null

const receiver = new Writable({
  objectMode: true,
  highWaterMark: MOST_WAITING,
  write (row, encoding, callback) {
    receiverIsReady = callback
  }
})
receiver.on('drain', () => { isPaused = false })

const rowOf = (i, k) => ({ id: i * ROWS_A_STEP + k, customer: `customer ${i % 997}`, total: random() * 500, lines: [i, k, i + k], note: `row ${i}/${k}` })

function beginSpell (i) {
  receiverPace = SLOWEST + random() * (FASTEST - SLOWEST)
  spellEndsAt = i + (SHORTEST_SPELL + random() * (LONGEST_SPELL - SHORTEST_SPELL)) * steps
}

function takeRow () {
  const ready = receiverIsReady
  if (ready === null) return
  receiverIsReady = null
  received++
  ready()
}

module.exports = {
  id: 'export-backpressure',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a stream of objects with a high water mark, between a database and a receiver whose pace changes',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= spellEndsAt) beginSpell(i)
    for (let k = 0; k < ROWS_A_STEP && !isPaused; k++) isPaused = !receiver.write(rowOf(i, k))
    for (owed += receiverPace; owed >= 1; owed--) takeRow()
    return received
  }
}
