// A cache that drops what was used least often: entries, and sets of keys by how often they were used. A bit more than a third of the
// requests are for a product that nobody asked for yet, so it is full at 42 % of the run; from then on newcomers drive out newcomers.
'use strict'

const { randomFrom } = require('../lib/random')

const FULL_AT = 0.42
const SHARE_OF_NEW = 0.35
/** Counted no further, so that there are only so many sets. */
const MOST_USES = 64
const SIZES = 48

class LfuCache {
  constructor (most) {
    this.most = most
    this.entries = new Map()
    this.keysByUses = new Map()
    this.leastUses = 1
  }

  get (key) {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    if (entry.uses < MOST_USES) {
      this.take(entry)
      if (!this.keysByUses.has(entry.uses) && this.leastUses === entry.uses) this.leastUses++
      entry.uses++
      this.put(entry)
    }
    return entry.value
  }

  set (key, value) {
    if (this.entries.size >= this.most) this.drop()
    const entry = { key, value, uses: 1 }
    this.entries.set(key, entry)
    this.leastUses = 1
    this.put(entry)
  }

  drop () {
    const [key] = this.keysByUses.get(this.leastUses)
    this.take(this.entries.get(key))
    this.entries.delete(key)
  }

  put ({ key, uses }) {
    if (!this.keysByUses.has(uses)) this.keysByUses.set(uses, new Set())
    this.keysByUses.get(uses).add(key)
  }

  take ({ key, uses }) {
    const keys = this.keysByUses.get(uses)
    keys.delete(key)
    if (keys.size === 0) this.keysByUses.delete(uses)
  }
}

const random = randomFrom(139)
let products
let known = 0

const load = (number) => ({ title: `Product ${number}`, stock: Array.from({ length: SIZES }, (_, size) => (number * size) % 301) })

function ask () {
  if (known === 0 || random() < SHARE_OF_NEW) return known++
  return Math.floor(random() ** 3 * known)
}

module.exports = {
  id: 'lfu-cache',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a cache that drops what was used least often, full at 42 % of the run',
  expectSuspect: null,
  setup (run) {
    products = new LfuCache(Math.floor(FULL_AT * SHARE_OF_NEW * run.steps))
  },
  step () {
    const number = ask()
    const key = `product ${number}`
    const product = products.get(key)
    if (product !== undefined) return product.stock[number % SIZES]
    products.set(key, load(number))
    return -1
  }
}
