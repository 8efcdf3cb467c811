// Runs one case as fast as it goes, with forced collections at eight checkpoints, and writes what is left at each to descriptor 3.
//
//   node --expose-gc verify-program.js CASE
'use strict'

const fs = require('node:fs')
const { setImmediate: nextTurn, setTimeout: sleep } = require('node:timers/promises')

const RESULT_DESCRIPTOR = 3
const CHECKPOINTS = 8
/** What the case is told of the run. Phases that depend on it are over after so many steps. */
const RUN = { steps: 4000, durationMs: 6000 }
const WARM_UP_MS = 500
const WARM_UP_STEPS = 10
/** Of what the warm-up managed, between two checkpoints. */
const SHARE_OF_WARM_UP = 0.8
const SETTLE_MS = 30
const SLICE_MS = 8
/** More would only fill the memory; leaks that make their own step slower need less. */
const MOST_STEPS_OF_LEAK = RUN.steps
const MOST_STEPS_OF_SLOWING_LEAK = { 'p-queue-signal.leaky': 500 }

function mostStepsOf ({ id, kind }) {
  if (kind !== 'leak') return Infinity
  return MOST_STEPS_OF_SLOWING_LEAK[id] ?? MOST_STEPS_OF_LEAK
}

/** @returns {(count: number) => Promise<void>} makes so many more steps */
function stepper (subject) {
  let done = 0
  return async (count) => {
    let sliceBegan = Date.now()
    for (let i = 0; i < count; i++) {
      const result = subject.step(done++)
      if (typeof result?.then === 'function') await result
      if (Date.now() - sliceBegan > SLICE_MS) {
        await nextTurn()
        sliceBegan = Date.now()
      }
    }
  }
}

/** Steps between two checkpoints. Whole runs where that is possible, so that cycles are met at the same phase. */
async function warmUp (run, mostSteps) {
  const began = Date.now()
  let done = 0
  while (Date.now() - began < WARM_UP_MS && done < mostSteps) {
    await run(WARM_UP_STEPS)
    done += WARM_UP_STEPS
  }
  const steps = Math.max(WARM_UP_STEPS, Math.min(mostSteps, Math.round(done * SHARE_OF_WARM_UP)))
  return steps < RUN.steps ? steps : steps - steps % RUN.steps
}

async function bytesLeft () {
  await sleep(SETTLE_MS)
  globalThis.gc()
  await nextTurn()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The slope of a straight line through the checkpoints, by least squares. */
function growth (bytes) {
  const middle = (bytes.length - 1) / 2
  let weighted = 0
  let weights = 0
  bytes.forEach((value, at) => {
    weighted += (at - middle) * value
    weights += (at - middle) ** 2
  })
  return weighted / weights
}

async function main (id) {
  const subject = require(`../cases/${id}`)
  if (subject.setup) await subject.setup(RUN)
  const run = stepper(subject)
  const steps = await warmUp(run, mostStepsOf(subject))
  const bytes = []
  const began = Date.now()
  for (let i = 0; i < CHECKPOINTS; i++) {
    await run(steps)
    bytes.push(await bytesLeft())
  }
  return {
    kind: subject.kind,
    bytes,
    bytesPerStep: Math.round(growth(bytes) / steps),
    microsecondsPerStep: Math.round((Date.now() - began) * 1000 / (CHECKPOINTS * steps))
  }
}

main(process.argv[2]).then((result) => {
  fs.writeFileSync(RESULT_DESCRIPTOR, JSON.stringify(result))
  // Servers, timers and agents of the workload would keep the process alive.
  process.exit(0)
})
