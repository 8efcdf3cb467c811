// The Koa application under load. On command it listens to `stats` or `leak` or stops, and says what CPU time
// the process has used and what it was told.
'use strict'

const path = require('node:path')
const { PerformanceObserver, constants } = require('node:perf_hooks')
const Koa = require('koa')
const Router = require('@koa/router')
const { Churn } = require('../corpus/lib/churn')
const { fill } = require('./load')
const { PACKAGE, own } = require('./watchers')

const memwatch = own()
const captures = countCaptures()
const listener = () => {}
const churn = new Churn({ bytesPerStep: 64 << 10, seed: 1 })
const sessions = []
let state = null
const onLeak = (leak) => { state = leak.state }
let fullCollections = 0
/** Not the monitor, which does not see what happens while nobody listens. */
const observer = new PerformanceObserver((list) => {
  fullCollections += list.getEntries().filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length
})

const router = new Router()
router.get('/hello', (context) => {
  context.body = { hello: 'world' }
})
router.get('/allocate', (context) => {
  const rows = []
  for (let id = 0; id < 1000; id++) rows.push({ id, name: `row ${id}`, tags: [id, id + 1], owner: { id } })
  context.body = { rows: rows.length, last: rows.at(-1) }
})
/** The larger the heap, the more a request works and keeps: V8 collects a large heap fully less often. */
let workARequest = 1

// Work that outlives the young generation, as that of requests in flight does, and a little that stays.
router.get('/leak', (context) => {
  for (let at = 0; at < workARequest; at++) {
    churn.step()
    sessions.push({ id: sessions.length, at: Date.now(), seen: [sessions.length] })
  }
  context.body = { sessions: sessions.length }
})

const COMMANDS = {
  watch: (on) => {
    if (on) memwatch.on('stats', listener)
    else memwatch.removeListener('stats', listener)
  },
  fill: (megabytes) => {
    fill(megabytes)
    workARequest += Math.round(megabytes / 12)
  },
  follow: (on) => {
    state = null
    if (on) memwatch.on('leak', onLeak)
    else memwatch.removeListener('leak', onLeak)
  },
  forget: () => { sessions.length = 0 },
  state: () => state,
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  collections: () => memwatch.stats().pauses,
  observe: () => observer.observe({ entryTypes: ['gc'] }),
  counters: () => ({ cpuUs: COMMANDS.cpu(), collections: fullCollections, captures: captures.begun }),
  isCapturing: () => captures.underWay > 0
}

/** The captures that suspicions ask for. */
function countCaptures () {
  const { PathSearch } = require(path.join(PACKAGE, 'lib', 'path-search'))
  const { capture } = PathSearch.prototype
  const counted = { begun: 0, underWay: 0 }
  PathSearch.prototype.capture = async function (request) {
    counted.begun++
    counted.underWay++
    await capture.call(this, request)
    counted.underWay--
  }
  return counted
}

const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  process.send(server.address().port)
})
process.on('message', ({ command, argument }) => process.send({ result: COMMANDS[command](argument) }))
process.on('disconnect', () => process.exit())
