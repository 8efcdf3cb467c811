// One CancelToken of the whole application, for its shutdown, is handed to every request.
'use strict'

const http = require('node:http')
const { startServer } = require('../lib/local-server')

module.exports = (packageName) => {
  const axios = require(packageName).default || require(packageName)
  let url
  let shutdown
  let agent
  return {
    async setup () {
      url = await startServer((request, response) => {
        response.setHeader('content-type', 'application/json')
        response.end('{"ok":true,"items":[1,2,3]}')
      })
      agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
      shutdown = axios.CancelToken.source()
    },
    async step (i) {
      const response = await axios.get(`${url}/items/${i}`, { cancelToken: shutdown.token, httpAgent: agent })
      return response.status
    }
  }
}
