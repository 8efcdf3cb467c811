// The book of an exchange: price levels in a red-black tree, and at each level the orders that are open. More and more are until 38 %
// of the run; the day is busy until 55 %, the book empties until 75 %, and a fifth stays.
'use strict'

const { RBTree } = require('bintrees')
const { randomFrom } = require('../lib/random')

const MOST_ORDERS = 12000
const SHARE_AT_FIRST = 0.05
const SHARE_AT_LAST = 0.2
const RISES_UNTIL = 0.38
const BUSY_UNTIL = 0.55
const FALLS_UNTIL = 0.75
const PRICES = 800
const MOST_MOVES = 4

const random = randomFrom(163)
const levels = new RBTree((one, other) => one.price - other.price)
/** In no order, so that one can be drawn. */
const orders = []
let steps
let placed = 0

function place () {
  const price = 1 + Math.floor((random() + random()) / 2 * PRICES)
  let level = levels.find({ price })
  if (level === null) {
    level = { price, open: new Map() }
    levels.insert(level)
  }
  const order = { id: placed++, level, quantity: 1 + Math.floor(random() * 90), account: `account ${placed % 4999}` }
  level.open.set(order.id, order)
  orders.push(order)
}

function cancel () {
  const at = Math.floor(random() * orders.length)
  const { id, level } = orders[at]
  const last = orders.pop()
  if (at < orders.length) orders[at] = last
  level.open.delete(id)
  if (level.open.size === 0) levels.remove(level)
}

function wantedShare (progress) {
  if (progress < RISES_UNTIL) return SHARE_AT_FIRST + (1 - SHARE_AT_FIRST) * progress / RISES_UNTIL
  if (progress < BUSY_UNTIL) return 1
  if (progress < FALLS_UNTIL) return 1 - (1 - SHARE_AT_LAST) * (progress - BUSY_UNTIL) / (FALLS_UNTIL - BUSY_UNTIL)
  return SHARE_AT_LAST
}

module.exports = {
  id: 'order-book',
  kind: 'benign',
  klass: 'benign',
  package: 'bintrees',
  version: '1.0.2',
  fixedIn: null,
  source: 'written for the held-out test: the book of an exchange in a tree of bintrees; it rises until 38 % of the run, stays at a level, and falls',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    const wanted = Math.floor(MOST_ORDERS * wantedShare(i / steps))
    // Somebody always comes and goes.
    place()
    cancel()
    for (let k = 0; k < MOST_MOVES; k++) {
      if (orders.length < wanted) place()
      else if (orders.length > wanted) cancel()
    }
    return levels.size
  }
}
