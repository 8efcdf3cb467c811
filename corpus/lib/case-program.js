// Runs one case in this fresh process, which run-case.js started, and writes what came of it to file descriptor 3, as JSON.
//
//   node case-program.js CASE SEED [DETECTOR]
'use strict'

const fs = require('node:fs')
const { performance } = require('node:perf_hooks')
const { setImmediate: nextTurn, setTimeout: sleep } = require('node:timers/promises')
const memwatch = require('../..')
const { Churn } = require('./churn')
const { namesSuspect } = require('./names-suspect')
const tuning = require('../tuning.json')

const RESULT_DESCRIPTOR = 3
/** In which the steps are spread evenly, and after which a machine that is too slow for that stops. */
const DURATION_MS = 8000
const LONGEST_MS = 25000
/** Of steps in a row, before the event loop gets its turn. */
const SLICE_MS = 8
/** For collections that happened and were not told yet. */
const SETTLE_MS = 60

/** What the detector may see: one row a full collection, in the order of a trace's columns. */
function recordReadings () {
  const readings = []
  const beganMs = Date.now()
  memwatch.on('stats', (stats) => readings.push([
    Math.round(stats.gc_ts / 1000 - beganMs), stats.liveBytes, stats.externalBytes, stats.rssBytes, stats.heap_size_limit
  ]))
  return readings
}

/** The events of the detector as they come, each with the full collections so far. */
function recordEvents (detector, readings) {
  const events = []
  detector.start((event) => events.push({ atCollection: readings.length, ...event }))
  return events
}

/** @returns {Promise<number>} how many steps were made */
async function runPaced (subject, churn, steps) {
  const began = performance.now()
  let done = 0
  while (done < steps) {
    const elapsedMs = performance.now() - began
    if (elapsedMs > LONGEST_MS) break
    const due = Math.min(steps, Math.floor((elapsedMs / DURATION_MS) * steps) + 1)
    const sliceBegan = performance.now()
    while (done < due) {
      const result = subject.step(done)
      if (typeof result?.then === 'function') await result
      churn.step()
      done++
      if (performance.now() - sliceBegan > SLICE_MS) break
    }
    if (done >= due) await sleep(1)
    else await nextTurn()
  }
  return done
}

const firstAt = (events, wanted) => events.find(({ state }) => state === wanted)?.atCollection ?? null

async function main (id, seed, detectorName) {
  const subject = require(`../cases/${id}`)
  const { steps, churn: bytesPerStep } = tuning[id]
  const readings = recordReadings()
  const events = detectorName === undefined ? [] : recordEvents(require(`../detectors/${detectorName}`), readings)
  if (subject.setup) await subject.setup({ steps, durationMs: DURATION_MS })
  const churn = new Churn({ bytesPerStep, seed })
  const stepsDone = await runPaced(subject, churn, steps)
  await sleep(SETTLE_MS)
  return {
    id,
    kind: subject.kind,
    klass: subject.klass,
    node: process.version,
    firstSuspectAt: firstAt(events, 'suspect'),
    firstLeakAt: firstAt(events, 'leak'),
    finalState: events.at(-1)?.state ?? null,
    isNamed: namesSuspect(events, subject.expectSuspect),
    fullCollections: readings.length,
    stepsDone,
    steps,
    events,
    readings
  }
}

const [id, seed, detectorName] = process.argv.slice(2)
main(id, Number(seed), detectorName).catch((error) => ({ id, error: error.stack })).then((result) => {
  fs.writeFileSync(RESULT_DESCRIPTOR, JSON.stringify(result))
  // Servers, timers and agents of the workload would keep the process alive.
  process.exit(0)
})
