// A consumer that sees each message once: ids of the last 30 % of the run, in fifteen buckets by time, of which the oldest is dropped
// as the newest begins. A tenth of the messages come twice.
'use strict'

const { randomFrom } = require('../lib/random')

const WINDOW = 0.3
const BUCKETS = 15
const MESSAGES_A_STEP = 2
const SHARE_OF_TWICE = 0.1

const random = randomFrom(307)
/** The newest first; by id, what is known of the message. */
const buckets = [new Map()]
let stepsABucket
let messages = 0
let twice = 0

const idOf = (number) => `msg-${(number * 2654435761 >>> 0).toString(16)}-${number}`

function isKnown (id) {
  return buckets.some((bucket) => bucket.has(id))
}

function receive (i) {
  const again = messages > 0 && random() < SHARE_OF_TWICE
  const id = again ? idOf(Math.max(0, messages - 1 - Math.floor(random() * 500))) : idOf(messages++)
  if (isKnown(id)) twice++
  else buckets[0].set(id, { partition: messages % 12, offset: i, producer: messages % 97 })
}

function rotate () {
  buckets.unshift(new Map())
  if (buckets.length > BUCKETS) buckets.pop()
}

module.exports = {
  id: 'dedup-buckets',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: ids of messages in buckets by time, over a window of 30 % of the run',
  expectSuspect: null,
  setup (run) {
    stepsABucket = Math.floor(WINDOW * run.steps / BUCKETS)
  },
  step (i) {
    if (i > 0 && i % stepsABucket === 0) rotate()
    for (let k = 0; k < MESSAGES_A_STEP; k++) receive(i)
    return twice
  }
}
