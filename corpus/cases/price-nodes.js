// A cache made by hand: a Map, and a list of nodes from the newest to the oldest. Setting a key that is known puts a new node in front
// and forgets to unlink the old one. That shows whenever all prices are refreshed, which is ten times in a run or so.
'use strict'

const { randomFrom } = require('../lib/random')

const PRODUCTS = 2000
const MOST_PRICES = 5000
/** Between two refreshes, in shares of the run. */
const SHORTEST = 0.05
const LONGEST = 0.14

class PriceCache {
  constructor (most) {
    this.most = most
    this.nodes = new Map()
    this.newest = null
    this.oldest = null
  }

  get (product) {
    return this.nodes.get(product)?.price
  }

  set (product, price) {
    const node = { product, price, older: this.newest, newer: null }
    if (this.newest === null) this.oldest = node
    else this.newest.newer = node
    this.newest = node
    this.nodes.set(product, node)
    if (this.nodes.size > this.most) this.drop()
  }

  drop () {
    const { product, newer } = this.oldest
    this.nodes.delete(product)
    newer.older = null
    this.oldest = newer
  }
}

const random = randomFrom(109)
const products = Array.from({ length: PRODUCTS }, (_, number) => `product ${number}`)
const prices = new PriceCache(MOST_PRICES)
let steps
let refreshAt = 0

function refresh (i) {
  for (const product of products) prices.set(product, { amount: random() * 100, at: i, tiers: [i % 10, i % 20, i % 50] })
  refreshAt = i + Math.floor((SHORTEST + random() * (LONGEST - SHORTEST)) * steps)
}

module.exports = {
  id: 'price-nodes',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a linked list from which nodes are not unlinked when their key is set anew, in bursts at random distances',
  expectSuspect: 'PriceCache|newest|oldest|older|newer|prices|refresh',
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= refreshAt) refresh(i)
    return prices.get(products[i % PRODUCTS]).amount
  }
}
