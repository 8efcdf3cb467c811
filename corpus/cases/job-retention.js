// A queue keeps the jobs that were done, to be looked at: the last 4,000 that succeeded, and the last 900 that failed, with their logs.
// Failures are rare, so these are complete at about 44 % of the run only; the others are at 18 %.
'use strict'

const { randomFrom } = require('../lib/random')

const MOST_COMPLETED = 4000
const MOST_FAILED = 900
const COMPLETED_AT = 0.18
const FAILED_AT = 0.44
const LOG_LINES = 7

const random = randomFrom(359)
const completed = new Map()
const failed = new Map()
let jobsAStep
let shareOfFailures
let owed = 0
let jobs = 0

function retain (jobsById, job, most) {
  jobsById.set(job.id, job)
  if (jobsById.size <= most) return
  const [oldest] = jobsById.keys()
  jobsById.delete(oldest)
}

function work (i) {
  const job = { id: `job:${jobs++}`, name: i % 3 === 0 ? 'render' : 'mail', data: { user: i % 811, template: i % 19 }, finishedAt: i, failure: null }
  if (random() >= shareOfFailures) {
    retain(completed, job, MOST_COMPLETED)
    return
  }
  const logs = Array.from({ length: LOG_LINES }, (_, line) => `attempt ${line} of ${job.id}: worker ${i % 8} gave up`)
  job.failure = { reason: new Error(`no answer for ${job.id}`).message, logs, attemptsMade: LOG_LINES }
  retain(failed, job, MOST_FAILED)
}

module.exports = {
  id: 'job-retention',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: jobs that a queue retains by number, those that failed until 44 % of the run, others until 18 %',
  expectSuspect: null,
  setup (run) {
    const completedAStep = MOST_COMPLETED / (COMPLETED_AT * run.steps)
    const failedAStep = MOST_FAILED / (FAILED_AT * run.steps)
    jobsAStep = completedAStep + failedAStep
    shareOfFailures = failedAStep / jobsAStep
  },
  step (i) {
    for (owed += jobsAStep; owed >= 1; owed--) work(i)
    return completed.size + failed.size
  }
}
