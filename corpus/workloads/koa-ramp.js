// koa with @koa/router: from 2 to 120 clients with keep-alive connections over 40 % of the run, and 120 from then on.
'use strict'

const http = require('node:http')

const FEWEST_CLIENTS = 2
const MOST_CLIENTS = 120
const RAMP_UNTIL = 0.4
const ANSWERS_KEPT = 20
const KEEP_ALIVE_MS = 60000

function appOf (Koa, Router) {
  const app = new Koa()
  const router = new Router()
  app.silent = true
  router.get('/items/:id', (ctx) => {
    ctx.state.item = { id: ctx.params.id, rows: Array.from({ length: 20 }, (_, j) => ({ j, v: j * 2 })) }
    ctx.body = ctx.state.item
  })
  app.use(async (ctx, next) => {
    const began = Date.now()
    await next()
    ctx.set('x-t', String(Date.now() - began))
  })
  return app.use(router.routes()).use(router.allowedMethods())
}

const newClient = () => ({
  agent: new http.Agent({ keepAlive: true, maxSockets: 1 }),
  state: { answers: [], profile: 'p'.repeat(50) }
})

module.exports = () => {
  const Koa = require('koa')
  const Router = require('@koa/router')
  const clients = []
  let port
  let steps
  return {
    setup (run) {
      steps = run.steps
      const server = http.createServer(appOf(Koa, Router).callback())
      server.keepAliveTimeout = KEEP_ALIVE_MS
      return new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
        port = server.address().port
        resolve()
      }))
    },
    step (i) {
      const more = Math.floor((MOST_CLIENTS - FEWEST_CLIENTS) * i / (RAMP_UNTIL * steps))
      const wanted = Math.min(MOST_CLIENTS, FEWEST_CLIENTS + more)
      while (clients.length < wanted) clients.push(newClient())
      const { agent, state } = clients[i % clients.length]
      return new Promise((resolve, reject) => {
        const request = http.get({ host: '127.0.0.1', port, path: '/items/' + i, agent }, (response) => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => { body += chunk })
          response.on('end', () => {
            state.answers.push(body)
            if (state.answers.length > ANSWERS_KEPT) state.answers.shift()
            resolve()
          })
        })
        request.on('error', reject)
      })
    }
  }
}
