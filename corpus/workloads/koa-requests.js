// koa that does everything right: what a request makes belongs to its context, and goes with it.
'use strict'

const http = require('node:http')
const { startServer } = require('../lib/local-server')

const ROWS = 200

module.exports = () => {
  const Koa = require('koa')
  let agent
  let url
  return {
    async setup () {
      const app = new Koa()
      app.use(async (ctx, next) => {
        ctx.state.rows = Array.from({ length: ROWS }, (_, id) => ({ id, label: `row ${id} of ${ctx.url}` }))
        await next()
      })
      app.use((ctx) => { ctx.body = { count: ctx.state.rows.length, first: ctx.state.rows[0] } })
      url = await startServer(app.callback())
      agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
    },
    step (i) {
      return new Promise((resolve, reject) => {
        const request = http.get(`${url}/items/${i}`, { agent }, (response) => {
          response.resume()
          response.on('end', resolve)
        })
        request.on('error', reject)
      })
    }
  }
}
