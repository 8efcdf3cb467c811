// The work that both apps do for a request: a record of it, of about 2 KB.
'use strict'

const SAMPLES = 192

/** @returns {object} what the app remembers of a request */
function describeRequest (ctx) {
  return {
    receivedAt: new Date(),
    method: ctx.method,
    url: ctx.url,
    headers: ctx.headers,
    // Stands for a session, a rendered page, the rows of a query.
    samples: Array.from({ length: SAMPLES }, () => Math.random())
  }
}

module.exports = { describeRequest }
