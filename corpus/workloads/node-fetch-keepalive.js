// node-fetch through a keep-alive agent, which uses one socket for all requests.
'use strict'

const http = require('node:http')
const { startServer } = require('../lib/local-server')

module.exports = (packageName) => {
  let url
  let agent
  let fetch
  return {
    async setup () {
      fetch = (await import(packageName)).default
      url = await startServer((request, response) => {
        response.setHeader('content-type', 'application/json')
        response.end('{"ok":true}')
      })
      agent = new http.Agent({ keepAlive: true, maxSockets: 2 })
    },
    async step (i) {
      const response = await fetch(`${url}/?i=${i}`, { agent })
      return (await response.json()).ok
    }
  }
}
