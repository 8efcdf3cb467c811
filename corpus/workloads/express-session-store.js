// Clients without cookies (bots, health checks): each request makes a session. They stay for ever in the default store, and for
// their lifetime in memorystore.
'use strict'

const http = require('node:http')
const { startServer } = require('../lib/local-server')

const CHECK_EVERY_MS = 400

module.exports = (packageName, { store, ttlMs }) => {
  const express = require('express')
  const session = require(packageName)
  let url
  let agent
  return {
    async setup () {
      process.env.NODE_ENV = 'production'
      const app = express()
      app.use(session({
        secret: 's',
        resave: false,
        saveUninitialized: true,
        cookie: ttlMs ? { maxAge: ttlMs } : {},
        ...(store ? { store: storeOf(store, session, ttlMs) } : {})
      }))
      app.get('/', (request, response) => {
        request.session.views = (request.session.views || 0) + 1
        request.session.cart = ['a', 'b', request.query.i]
        response.json({ ok: 1 })
      })
      url = await startServer(app)
      agent = new http.Agent({ keepAlive: true, maxSockets: 2 })
    },
    step (i) {
      return new Promise((resolve, reject) => {
        const request = http.get(`${url}/?i=${i}`, { agent }, (response) => {
          response.resume()
          response.on('end', resolve)
        })
        request.on('error', reject)
      })
    }
  }
}

function storeOf (packageName, session, ttlMs) {
  const Store = require(packageName)(session)
  return new Store({ checkPeriod: CHECK_EVERY_MS, ttl: ttlMs, max: 1e6 })
}
