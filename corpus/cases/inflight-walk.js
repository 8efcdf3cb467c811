// Deliveries to webhooks that answer when they like. How many are under way is a slow random walk that comes back to its mean: it may
// rise for a tenth of the run, or for more, and fall again.
'use strict'

const { randomFrom } = require('../lib/random')

const MOST_DELIVERIES = 8000
const MOST_MOVES = 6
/** In shares of the run. */
const BETWEEN_MOVES = 0.004
const MEAN = 0.45
const PULL = 0.97
const DEVIATION = 0.0535
const LEAST = 0.02
const UNIFORMS = 12

const random = randomFrom(179)
/** Under way, the oldest first. */
const deliveries = new Map()
let steps
let level = MEAN
let moveAt = 0
let begun = 0
let answered = 0

/** About normal: the sum of twelve uniform ones has the variance 1. */
function normal () {
  let sum = -UNIFORMS / 2
  for (let k = 0; k < UNIFORMS; k++) sum += random()
  return sum
}

function move (i) {
  const next = MEAN + PULL * (level - MEAN) + DEVIATION * normal()
  level = Math.min(1, Math.max(LEAST, next))
  moveAt = i + BETWEEN_MOVES * steps
}

function begin () {
  const delivery = { id: begun++, url: `https://hook${begun % 613}.example/in`, body: [begun, begun % 7, begun % 11], answer: null, done: null }
  delivery.done = new Promise((resolve) => { delivery.answer = resolve }).then((status) => { answered += status === 200 ? 1 : 0 })
  deliveries.set(delivery.id, delivery)
}

function end () {
  const [oldest] = deliveries.values()
  deliveries.delete(oldest.id)
  oldest.answer(200)
}

module.exports = {
  id: 'inflight-walk',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: promises of work under way, whose number is a slow random walk around a mean',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= moveAt) move(i)
    const wanted = Math.floor(MOST_DELIVERIES * level)
    // Something always begins and ends.
    begin()
    end()
    for (let k = 0; k < MOST_MOVES; k++) {
      if (deliveries.size < wanted) begin()
      else if (deliveries.size > wanted) end()
    }
    return answered
  }
}
