// Nonces of signed requests, of 128 bits, so that none is accepted twice. Old ones are never forgotten.
'use strict'

const { randomFrom } = require('../lib/random')

module.exports = () => {
  const seenNonces = new Set()
  const random = randomFrom(29)
  const part = () => BigInt(Math.floor(random() * 2 ** 32))

  return {
    step () {
      const nonce = (part() << 96n) | (part() << 64n) | (part() << 32n) | part()
      if (seenNonces.has(nonce)) return -1
      seenNonces.add(nonce)
      return seenNonces.size
    }
  }
}
