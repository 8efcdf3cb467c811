// A Koa app with the classic leak: a module-level array that grows with every request. memwatch-rs
// watches it and says so. Listens on PORT; the demo starts it as a child process.
'use strict'

const Koa = require('koa')
const { Router } = require('@koa/router')
const memwatch = require('../..') // in your app: require('memwatch-rs')
const { connectToDemo } = require('./demo-link')
const { orders } = require('./orders')
const { describeRequest } = require('./request-data')

// The leak. The module lives as long as the process, so all that is pushed here does, too.
const myData = []

const router = new Router()

router.get('/', orders(), (ctx) => {
  myData.push(describeRequest(ctx))
  ctx.body = 'Hello from Koa\n'
})

router.get('/health', (ctx) => {
  ctx.body = 'ok\n'
})

const app = new Koa()
app.use(router.routes())
app.use(router.allowedMethods())
const server = app.listen(process.env.PORT || 0, '127.0.0.1')

// Called when the app has served some load. All but the promise is what you get by default: the live heap, after the
// full collections that V8 makes by itself, is judged by its trend.
function watch (demo) {
  // The promise: what is alive after a full collection stays below 24 MB.
  memwatch.configure({ threshold: '24 MB' })

  memwatch.on('leak', (leak) => {
    demo.leak(leak) // in your app: log it, page somebody
  })

  memwatch.on('stats', (stats) => {
    demo.stats(stats) // in your app: send it to your metrics
  })
}

connectToDemo(server, watch)
