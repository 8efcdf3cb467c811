// Answers cached in Keyv, in memory, for 20 ms; each is looked up once more long after that.
'use strict'

const TTL_MS = 20
const STEPS_LATER = 3000

module.exports = (packageName) => {
  const Keyv = require(packageName)
  let cache
  return {
    setup () {
      cache = new Keyv({ ttl: TTL_MS })
    },
    async step (i) {
      await cache.set('/page?c=' + i, { status: 200, body: 'x'.repeat(60) + i })
      if (i >= STEPS_LATER) await cache.get('/page?c=' + (i - STEPS_LATER))
    }
  }
}
