// Quotes expire, and so that no sweep takes long, each drops only so many. That is enough until 30 % of the run, when a new partner
// asks for more than the sweeps can drop.
'use strict'

const { randomFrom } = require('../lib/random')

const BUSY_FROM = 0.3
const QUOTES_AT_FIRST = 0.9
const QUOTES_LATER = 1.7
/** In shares of the run. */
const TTL = 0.05
const STEPS_A_SWEEP = 50
const MOST_A_SWEEP = 55

const random = randomFrom(233)

class QuoteCache {
  constructor () {
    this.quotesById = new Map()
  }

  put (quote) {
    this.quotesById.set(quote.id, quote)
  }

  sweep (now) {
    let dropped = 0
    for (const { id, expiresAt } of this.quotesById.values()) {
      if (expiresAt > now || dropped === MOST_A_SWEEP) break
      this.quotesById.delete(id)
      dropped++
    }
  }
}

const quoteCache = new QuoteCache()
let steps
let owed = 0
let made = 0

function quote (i) {
  quoteCache.put({
    id: `q-${made++}-${Math.floor(random() * 1e9).toString(36)}`,
    expiresAt: i + TTL * steps,
    carrier: `carrier ${i % 23}`,
    legs: [{ from: i % 311, to: i % 307 }, { from: i % 307, to: i % 293 }],
    price: random() * 900
  })
}

module.exports = {
  id: 'expiry-budget',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a cache whose sweeps drop less than what comes, from 30 % of the run on',
  expectSuspect: 'quoteCache|QuoteCache|quotesById|quote|Map',
  setup (run) {
    steps = run.steps
  },
  step (i) {
    for (owed += i < BUSY_FROM * steps ? QUOTES_AT_FIRST : QUOTES_LATER; owed >= 1; owed--) quote(i)
    if (i % STEPS_A_SWEEP === 0) quoteCache.sweep(i)
    return quoteCache.quotesById.size
  }
}
