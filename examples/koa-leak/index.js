// The demo: a leaking Koa app and its fixed twin side by side, under HTTP load, watched by memwatch-rs with its
// default detector. Exit code 0 when the leak was caught and named in the leaking app and none in the fixed one, else 1.
//
//   node examples/koa-leak [--leaking FILE] [--fixed FILE]
'use strict'

const { parseArgs } = require('node:util')
const { AppUnderLoad, V8_FLAGS, megabytes } = require('./app-under-load')
const { LiveView, table } = require('./live-view')

const WARM_UP_REQUESTS = 10_000
// A leak takes 36 to 60 full collections, and the suspicion may begin late.
const MAX_FULL_COLLECTIONS = 80
const MAX_SECONDS = 90

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

const leakOfTrend = ({ leaks }) => leaks.find(({ detector, state }) => detector === 'trend' && state === 'leak')
const hasBrokenPromise = ({ leaks }) => leaks.some(({ detector }) => detector === 'threshold')
const isQuiet = (app) => !hasBrokenPromise(app) && !app.leaks.some(({ state }) => state === 'leak')

/** @returns {string} what was told, and how often */
function events ({ leaks }) {
  const counts = new Map()
  for (const { detector, state } of leaks) {
    const name = detector === 'threshold' ? 'threshold' : state
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => `${name} × ${count}`).join(', ') || 'none'
}

/** @returns {string[]} what is wrong; nothing when the demo shows what it should */
function complaints () {
  const found = new Set(apps.map(({ failure }) => failure).filter((failure) => failure !== null))
  for (const app of apps) {
    if (app.failedRequests > 0) found.add(`${app.title} app: ${app.failedRequests} requests failed`)
  }
  const leak = leakOfTrend(leaking)
  if (leak === undefined || !hasBrokenPromise(leaking)) {
    found.add('the leak was not caught in the leaking app: the trend and the threshold should be reported, got ' +
      `${events(leaking)} in ${leaking.fullCollections} full collections`)
  } else if (leak.suspects.retainerPaths === null) {
    found.add(`the leak was caught, but no path was named: ${leak.suspects.note}`)
  }
  if (!isQuiet(fixed)) found.add(`false alarm in the fixed app: ${events(fixed)}`)
  return [...found]
}

function summary () {
  return table([
    ['app', 'requests', 'full GCs', 'heap first → last', 'verdict', 'leak events'],
    ...apps.map((app) => [
      app.title,
      String(app.requests),
      String(app.fullCollections),
      app.liveBytes.length > 0 ? `${megabytes(app.liveBytes[0])} → ${megabytes(app.liveBytes.at(-1))}` : '-',
      isQuiet(app) ? 'quiet' : 'leaks',
      events(app)
    ])
  ])
}

async function run () {
  view.print(`Two Koa apps on Node ${process.versions.node}, each in a process of its own with a small heap (${V8_FLAGS.join(' ')}),
which V8 collects fully several times a second under the load. Nothing asks for a collection.
Starting, then warming up with ${WARM_UP_REQUESTS} requests …
`)
  await Promise.all(apps.map(async (app) => {
    await app.start()
    await app.warmUp(WARM_UP_REQUESTS)
  }))
  await Promise.all([
    leaking.load((app) => (leakOfTrend(app) && hasBrokenPromise(app)) || app.fullCollections >= MAX_FULL_COLLECTIONS),
    fixed.load((app) => leaking.finished && app.fullCollections >= leaking.fullCollections)
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
setTimeout(() => stopAll(`not done after ${MAX_SECONDS} seconds`), MAX_SECONDS * 1000).unref()

run().catch((error) => stopAll(error.message)).then(() => {
  view.end()
  const found = complaints()
  view.print(`\n${summary()}\n`)
  if (leaking.explanation !== null) view.print(`memwatch.explain() in the leaking app:\n\n${leaking.explanation}`)
  view.print(found.length === 0
    ? `OK: the leak was caught and named after ${leakOfTrend(leaking).fullCollections} full collections of the leaking app, ` +
      `and the fixed app stayed quiet in ${fixed.fullCollections}.`
    : `FAILED: ${found.join('\nFAILED: ')}`)
  process.exitCode = found.length === 0 ? 0 : 1
})
