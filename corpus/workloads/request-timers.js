// Each request sets a timer that would end it after an hour, and does not clear it once it is answered.
'use strict'

const HOUR_MS = 3600 * 1000

module.exports = () => ({
  step (i) {
    const request = { id: i, url: `/orders/${i}`, aborted: false }
    setTimeout(() => { request.aborted = true }, HOUR_MS)
    return request.url.length
  }
})
