// A small HTTP server in the process, for the workloads that are driven over HTTP.
'use strict'

const http = require('node:http')

const KEEP_ALIVE_MS = 60000

/** @returns {Promise<string>} the server's address, once it listens */
function startServer (handler) {
  return new Promise((resolve) => {
    const server = http.createServer(handler)
    server.keepAliveTimeout = KEEP_ALIVE_MS
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`))
  })
}

module.exports = { startServer }
