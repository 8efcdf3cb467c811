// How right a detector was: its results counted against what the cases are.
'use strict'

/** Below these the default detector is not good enough. */
const LEAST_PRECISION = 0.97
const LEAST_RECALL = 0.95

const isLeaking = ({ kind }) => kind === 'leak'
const isCalledLeak = ({ firstLeakAt }) => firstLeakAt !== null
const isRight = (result) => isLeaking(result) === isCalledLeak(result)

/** `null` where there is nothing to divide by. */
const share = (part, whole) => whole === 0 ? null : part / whole

function median (values) {
  if (values.length === 0) return null
  const sorted = [...values].sort((one, other) => one - other)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** The median of when it happened, over the results where it did. */
const medianAt = (results, field) => median(results.map((result) => result[field]).filter((at) => at !== null))

/** @param {object[]} results of `runCase` */
function score (results) {
  const done = results.filter(({ error }) => error === undefined)
  const leaking = done.filter(isLeaking)
  const benign = done.filter((result) => !isLeaking(result))
  const truePositives = leaking.filter(isCalledLeak).length
  const falsePositives = benign.filter(isCalledLeak).length
  return {
    cases: results.length,
    errors: results.length - done.length,
    truePositives,
    falseNegatives: leaking.length - truePositives,
    falsePositives,
    trueNegatives: benign.length - falsePositives,
    precision: share(truePositives, truePositives + falsePositives),
    recall: share(truePositives, leaking.length),
    medianCollectionsToSuspect: medianAt(leaking, 'firstSuspectAt'),
    medianCollectionsToLeak: medianAt(leaking, 'firstLeakAt'),
    named: share(leaking.filter(({ isNamed }) => isNamed).length, leaking.length)
  }
}

/** Nothing that was called a leak is no precision at all. */
const isGoodEnough = ({ precision, recall }) => precision >= LEAST_PRECISION && recall >= LEAST_RECALL

module.exports = { isGoodEnough, isRight, score }
