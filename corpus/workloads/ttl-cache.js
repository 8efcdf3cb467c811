// A cache whose entries live for 1.2 s: it grows to rate × lifetime, and stays there.
'use strict'

const TTL_MS = 1200

module.exports = () => {
  const prices = new Map()

  // Entries are in the order of their age, so the first that is young enough ends the search.
  function dropExpired (nowMs) {
    for (const [key, { expiresMs }] of prices) {
      if (expiresMs > nowMs) return
      prices.delete(key)
    }
  }

  return {
    step (i) {
      const nowMs = Date.now()
      dropExpired(nowMs)
      prices.set(`price:${i}`, { amount: i * 1.25, currency: 'EUR', expiresMs: nowMs + TTL_MS })
      return prices.size
    }
  }
}
