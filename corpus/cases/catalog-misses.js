// What the catalog has not is noted in an object of its class, so that the database is not asked twice. A quarter of the requests have
// a number that was mistyped or made up, and nearly all of these are new.
'use strict'

const { randomFrom } = require('../lib/random')

const PRODUCTS = 400
const SHARE_OF_UNKNOWN = 0.25

const random = randomFrom(239)

class Catalog {
  static missingArticles = Object.create(null)
  static products = new Map(Array.from({ length: PRODUCTS }, (_, number) => [`a-${number}`, { number, title: `article ${number}` }]))

  static find (article, i) {
    const product = Catalog.products.get(article)
    if (product !== undefined) return product
    const known = Catalog.missingArticles[article]
    if (known === undefined) Catalog.missingArticles[article] = { firstAt: i, asked: 1, referrer: `/search?page=${i}` }
    else known.asked++
    return null
  }
}

function articleAsked () {
  if (random() < SHARE_OF_UNKNOWN) return `a-${Math.floor(random() * 2 ** 40).toString(36)}-${Math.floor(random() * 2 ** 32).toString(36)}`
  return `a-${Math.floor(random() * PRODUCTS)}`
}

module.exports = {
  id: 'catalog-misses',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a static object of a class that notes what was not found, on a quarter of the requests; slow',
  expectSuspect: 'missingArticles|Catalog',
  step (i) {
    return Catalog.find(articleAsked(), i) === null ? 0 : 1
  }
}
