// A Koa app with the classic leak: a module-level array that grows with every request. memwatch-rs
// watches it and says so. Listens on PORT; the demo starts it as a child process.
'use strict'

const Koa = require('koa')
const { Router } = require('@koa/router')
const memwatch = require('../..') // in your app: require('memwatch-rs')
const { accessLog } = require('./access-log')
const { connectToDemo } = require('./demo-link')
const { describeRequest } = require('./request-data')

// The leak. The module lives as long as the process, so all that is pushed here does, too.
const myData = []

const router = new Router()

router.get('/', (ctx) => {
  myData.push(describeRequest(ctx))
  ctx.body = 'Hello from Koa\n'
})

router.get('/health', (ctx) => {
  ctx.body = 'ok\n'
})

const app = new Koa()
app.use(accessLog())
app.use(router.routes())
app.use(router.allowedMethods())
const server = app.listen(process.env.PORT || 0, '127.0.0.1')

// Called when the app has served some load. Watching from the first request on would take the warm-up
// (code compiled, caches filled) for growth: the rule of five rises cannot tell the two apart.
function watch (demo) {
  // The promise: what is alive after a full collection stays below 10 MB. The classic rule, because the demo asks for
  // its collections to be short: the default detector looks at those that V8 makes by itself.
  memwatch.configure({ threshold: 10 * 1024 * 1024, detector: 'classic' })

  memwatch.on('leak', (leak) => {
    demo.leak(leak) // in your app: log it, page somebody
  })

  memwatch.on('stats', (stats) => {
    demo.stats(stats) // in your app: send it to your metrics
  })

  // What grew, every ten seconds. Each half pauses the app: not for production, where heaps are large.
  let heapDiff = new memwatch.HeapDiff()
  setInterval(() => {
    demo.heapDiff(heapDiff.end())
    heapDiff = new memwatch.HeapDiff()
  }, 10_000).unref()
}

connectToDemo(server, watch)
