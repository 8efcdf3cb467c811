// A catalogue of 40 MB from the beginning, which requests read. Large, and nothing else.
'use strict'

const PRODUCTS = 200000

module.exports = () => {
  let catalogue
  return {
    setup () {
      catalogue = Array.from({ length: PRODUCTS }, (_, id) => ({ id, name: `product ${id}`, price: id * 1.25, stock: [id % 7, id % 11] }))
    },
    step (i) {
      return catalogue[(i * 7919) % PRODUCTS].name
    }
  }
}
