// quick-lru in front of a catalogue that is asked for by skewed keys. It keeps two generations of entries, is full part of the way
// through the run, and drops a whole generation at a time from then on.
'use strict'

const { randomFrom } = require('../lib/random')

const PRODUCTS = 60000
const PRODUCTS_A_GENERATION = 5500

module.exports = () => {
  const QuickLRU = require('quick-lru')
  const products = new QuickLRU({ maxSize: PRODUCTS_A_GENERATION })
  const random = randomFrom(17)
  return {
    step () {
      const id = Math.floor(PRODUCTS * Math.pow(random(), 2))
      let product = products.get(id)
      if (!product) {
        product = { id, name: `product ${id}`, prices: [id * 1.25, id * 1.5], tags: ['new', `shelf ${id % 331}`] }
        products.set(id, product)
      }
      return product.name.length
    }
  }
}
