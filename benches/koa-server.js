// The Koa application under load. On command it listens to `stats` or `leak` or stops, and says what CPU time
// the process has used and what it was told.
'use strict'

const { Session } = require('node:inspector')
const { PerformanceObserver, constants } = require('node:perf_hooks')
const Koa = require('koa')
const Router = require('@koa/router')
const { Churn } = require('../corpus/lib/churn')
const { fill } = require('./load')
const { suspicionCaptures } = require('./suspicion-captures')
const { own } = require('./watchers')

const captures = suspicionCaptures(process.env.MEMWATCH_BENCH_PACKAGE)
const memwatch = own()
const listener = () => {}
const churn = new Churn({ bytesPerStep: 64 << 10, seed: 1 })
const sessions = []
let state = null
const onLeak = (leak) => { state = leak.state }
let fullCollections = 0
/** How long the last capture paused, in milliseconds; `null` while one is on its way. */
let captured = null
let isWaiting = false
/** Not the monitor, which does not see what happens while nobody listens. */
const observer = new PerformanceObserver((list) => {
  const full = list.getEntries().filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
  fullCollections += full.length
  if (full.length === 0 || !isWaiting) return
  isWaiting = false
  captures.take().then(({ pauseMs }) => { captured = pauseMs })
})
/** The pace at which allocations are sampled for a suspicion. */
const SAMPLES_PER_SECOND = 1000
const inspector = new Session()

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
  fullCollections: () => fullCollections,
  answeredCaptures: () => captures.answered(),
  // After the next full collection, as those of a suspicion.
  capture: () => {
    captured = null
    isWaiting = true
  },
  captured: () => captured,
  // At the pace of a suspicion; somebody has to watch, so that it is known how fast the program allocates.
  sample: (on) => {
    if (!on) return inspector.disconnect()
    inspector.connect()
    const samplingInterval = memwatch.stats().allocationBytesPerSecond / SAMPLES_PER_SECOND
    inspector.post('HeapProfiler.startSampling', { samplingInterval }, (error) => { if (error) throw new Error(error.message) })
  }
}

const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  process.send(server.address().port)
})
process.on('message', ({ command, argument }) => process.send({ result: COMMANDS[command](argument) }))
process.on('disconnect', () => process.exit())
