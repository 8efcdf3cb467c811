// Sessions of a shop, which end when nobody was seen for an eighth of the run; each visit makes them last longer. The more there are,
// the longer it takes until one is visited again: their number finds its level at about 40 % of the run, and wavers there.
'use strict'

const { randomFrom } = require('../lib/random')

const SHARE_OF_NEW = 0.25
/** In shares of the run. */
const TTL = 0.12
const BETWEEN_SWEEPS = 0.02
const MOST_ITEMS = 12
const MOST_PAGES = 8

const random = randomFrom(157)
const sessions = new Map()
/** The same, in no order, so that one can be drawn. */
const visitors = []
let steps
let sweepAt = 0

const part = () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')

function open (i) {
  const id = [part(), part(), part(), part()].join('')
  const session = {
    id,
    csrf: [part(), part(), part(), part()].join(''),
    seenAt: i,
    place: visitors.length,
    cart: [],
    pages: [],
    preferences: { language: i % 5, currency: i % 3, address: { street: `street ${i}`, city: `city ${i % 701}`, zip: i % 99999 } }
  }
  sessions.set(id, session)
  visitors.push(session)
  return session
}

function close ({ id, place }) {
  sessions.delete(id)
  const last = visitors.pop()
  if (last.id === id) return
  visitors[place] = last
  last.place = place
}

function visit (session, i) {
  session.seenAt = i
  session.pages.push(`/products/${i}?from=${i % 89}`)
  if (session.pages.length > MOST_PAGES) session.pages.shift()
  if (session.cart.length < MOST_ITEMS) session.cart.push({ sku: i, quantity: 1 + i % 3, price: random() * 50 })
}

function sweep (i) {
  for (const session of sessions.values()) if (i - session.seenAt > TTL * steps) close(session)
  sweepAt = i + BETWEEN_SWEEPS * steps
}

module.exports = {
  id: 'cart-sessions',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: sessions with a TTL that slides, whose number finds its level at about 40 % of the run',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= sweepAt) sweep(i)
    const isNew = visitors.length === 0 || random() < SHARE_OF_NEW
    visit(isNew ? open(i) : visitors[Math.floor(random() * visitors.length)], i)
    return visitors.length
  }
}
