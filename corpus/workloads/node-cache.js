// Tokens in node-cache, for a second each. What has expired is dropped four times a second.
'use strict'

const TTL_SECONDS = 1
const CHECK_EVERY_SECONDS = 0.25

module.exports = () => {
  const NodeCache = require('node-cache')
  let tokens
  return {
    setup () {
      tokens = new NodeCache({ stdTTL: TTL_SECONDS, checkperiod: CHECK_EVERY_SECONDS })
    },
    step (i) {
      tokens.set(`token:${i}`, { user: `user ${i % 977}`, scopes: ['read', 'write'], issued: i })
      return tokens.get(`token:${Math.max(0, i - 50)}`) !== undefined
    }
  }
}
