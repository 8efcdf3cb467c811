// A Koa app that writes a snapshot of its own heap when its parent says so, whatever it is doing then.
//
//   fork(koa-app.js, [OUT])
'use strict'

const v8 = require('node:v8')
const { setTimeout } = require('node:timers/promises')
const Koa = require('koa')

const app = new Koa()
const recent = new Map()
let served = 0
let pending = 0

app.use(async (ctx, next) => {
  pending++
  ctx.state.request = { id: served, headers: { ...ctx.headers }, began: new Date() }
  try {
    await next()
  } finally {
    pending--
    served++
  }
})
app.use(async (ctx) => {
  await setTimeout(served % 20)
  recent.set(served % 500, { path: ctx.path, state: ctx.state.request })
  ctx.body = { served, rows: Array.from({ length: 50 }, (_, at) => ({ at, text: `row ${at}` })) }
})

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', () => {
  const state = { served, pending }
  v8.writeHeapSnapshot(process.argv[2])
  process.send({ written: state })
})
