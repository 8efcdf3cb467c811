// The demo: a leaking Koa app and its fixed twin side by side, under HTTP load, watched by memwatch-rs.
// Exit code 0 when the leak was caught in the leaking app and none in the fixed one, else 1.
//
//   node examples/koa-leak [--leaking FILE] [--fixed FILE]
'use strict'

const { parseArgs } = require('node:util')
const { AppUnderLoad, megabytes } = require('./app-under-load')
const { REQUESTS_PER_COLLECTION } = require('./demo-link')
const { LiveView, table } = require('./live-view')

const WARM_UP_REQUESTS = 3000
const REQUESTS_PER_SECOND = 800
// Each app gets as many; a leaking one that is not caught by then gets some more.
const FULL_COLLECTIONS = 20
const MAX_FULL_COLLECTIONS = 30

const { values: files } = parseArgs({
  options: {
    leaking: { type: 'string', default: 'leaking-app.js' },
    fixed: { type: 'string', default: 'fixed-app.js' }
  }
})
const leaking = new AppUnderLoad('leaking', files.leaking)
const fixed = new AppUnderLoad('fixed', files.fixed)
const apps = [leaking, fixed]
const view = new LiveView(process.stdout, apps)

function isCaught ({ leaks }) {
  return leaks.some(({ detector }) => detector === 'threshold') && leaks.some(({ detector }) => detector !== 'threshold')
}

/** @returns {string} the reasons of the leak events, without their numbers, and how often */
function reasons ({ leaks }) {
  const counts = new Map()
  for (const { reason } of leaks) {
    const [text] = reason.split(' (')
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].map(([text, count]) => `${text} × ${count}`).join(', ') || 'none'
}

/** @returns {string[]} what is wrong; nothing when the demo shows what it should */
function complaints () {
  const found = []
  for (const app of apps) {
    if (app.failure !== null) found.push(`${app.title} app: ${app.failure}`)
    if (app.failedRequests > 0) found.push(`${app.title} app: ${app.failedRequests} requests failed`)
    if (app.failure === null && app.fullCollections < FULL_COLLECTIONS) {
      found.push(`${app.title} app: ${app.fullCollections} full collections are too few to tell`)
    }
  }
  if (!isCaught(leaking)) {
    found.push(`the leak was not caught in the leaking app: the threshold and the growth should be reported, got ${reasons(leaking)}`)
  }
  if (fixed.leaks.length > 0) {
    found.push(`false alarm in the fixed app: ${reasons(fixed)}`)
  }
  return found
}

function summary () {
  return table([
    ['app', 'requests', 'full GCs', 'heap first → last', 'verdict', 'leak reasons'],
    ...apps.map((app) => [
      app.title,
      String(app.requests),
      String(app.fullCollections),
      app.liveBytes.length > 0 ? `${megabytes(app.liveBytes[0])} → ${megabytes(app.liveBytes.at(-1))}` : '-',
      app.leaks.length > 0 ? 'leaks' : 'quiet',
      reasons(app)
    ])
  ])
}

async function run () {
  view.print(`Two Koa apps on Node ${process.versions.node}, each in a process of its own.
Load: up to ${REQUESTS_PER_SECOND} requests a second each. memwatch.gc() asks for a full collection at every ${REQUESTS_PER_COLLECTION}
requests, so that the demo is short; in production V8 decides when to collect.
Starting, then warming up with ${WARM_UP_REQUESTS} requests …
`)
  await Promise.all(apps.map(async (app) => {
    await app.start()
    await app.warmUp(WARM_UP_REQUESTS)
  }))
  await Promise.all([
    leaking.load(REQUESTS_PER_SECOND, (app) => app.fullCollections >= FULL_COLLECTIONS &&
      (isCaught(app) || app.fullCollections >= MAX_FULL_COLLECTIONS)),
    fixed.load(REQUESTS_PER_SECOND, (app) => app.fullCollections >= FULL_COLLECTIONS)
  ])
}

function stopAll (why) {
  for (const app of apps) app.finish(why)
}

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
  process.once(signal, () => {
    stopAll(`stopped by ${signal}`)
    process.exit(code)
  })
}

run().catch((error) => stopAll(error.message)).then(() => {
  view.end()
  const found = complaints()
  view.print(`\n${summary()}\n`)
  view.print(found.length === 0
    ? 'OK: the leak was caught in the leaking app, and the fixed app stayed quiet.'
    : `FAILED: ${found.join('\nFAILED: ')}`)
  process.exitCode = found.length === 0 ? 0 : 1
})
