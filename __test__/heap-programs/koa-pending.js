// A Koa service with sessions, while requests are pending: none of their handlers has answered.
'use strict'

const http = require('node:http')
const { once } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const Koa = require('koa')

const PENDING = 60
const SETTLES_IN_MS = 500

class Visitor {
  constructor (id) {
    this.id = id
    this.visits = []
    this.since = new Date(1_700_000_000_000 + id)
  }
}

module.exports = async function build () {
  const app = new Koa()
  app.silent = true
  app.keys = ['signed', 'by', 'these']
  const sessions = new Map()
  const waiting = []
  let allArrived
  const arrived = new Promise((resolve) => { allArrived = resolve })
  app.use(async function timed (ctx, next) {
    const since = process.hrtime.bigint()
    await next()
    ctx.set('x-time', String(process.hrtime.bigint() - since))
  })
  app.use(async function session (ctx, next) {
    const id = Number(ctx.query.id)
    if (!sessions.has(id)) sessions.set(id, new Visitor(id))
    ctx.state.session = sessions.get(id)
    ctx.state.session.visits.push({ path: ctx.path, agent: ctx.get('user-agent') })
    ctx.cookies.set('session', String(id), { signed: true })
    await next()
  })
  app.use(async function answer (ctx) {
    if (ctx.path === '/slow') {
      await new Promise((resolve) => {
        waiting.push({ ctx, resolve })
        if (waiting.length === PENDING) allArrived()
      })
    }
    ctx.body = { session: ctx.state.session }
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  const agent = new http.Agent({ keepAlive: true })
  const request = (path) => http.get({ agent, port, host: '127.0.0.1', path, headers: { 'user-agent': 'heap-program' } })

  for (let id = 0; id < 200; id++) {
    const [response] = await once(request(`/fast?id=${id}`), 'response')
    response.resume()
    await once(response, 'end')
  }
  const requests = Array.from({ length: PENDING }, (_, id) => request(`/slow?id=${id * 5}`))
  await arrived
  // On a busy machine connections and requests are still being put away by then.
  await sleep(SETTLES_IN_MS)
  return { held: { app, server, sessions, waiting, requests, agent }, counts: { Visitor: 220 } }
}
