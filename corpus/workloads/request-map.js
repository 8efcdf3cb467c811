// A Map of the module remembers each request by its id, to measure how long it takes; nothing deletes what is answered.
'use strict'

const openRequests = new Map()

module.exports = () => ({
  step (i) {
    const id = `req-${i}`
    openRequests.set(id, { id, startedMs: Date.now(), headers: { host: 'shop', accept: 'application/json' } })
    return openRequests.get(id).startedMs
  }
})
