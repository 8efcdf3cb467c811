// Messages that fail are tried again, for ever. Now and then a producer sends some hundreds that can never succeed. They go round, and
// each attempt is noted in the message.
'use strict'

const { randomFrom } = require('../lib/random')

/** Between two bad deliveries, in shares of the run. */
const SHORTEST = 0.02
const LONGEST = 0.12
const FEWEST_POISONED = 120
const MOST_POISONED = 420
const RETRIES_A_STEP = 0.3

const random = randomFrom(263)

class QueueMessage {
  constructor (number, isPoisoned) {
    this.number = number
    this.isPoisoned = isPoisoned
    this.body = { type: 'invoice', lines: [{ sku: number, count: 1 + number % 4 }, { sku: number + 1, count: 2 }], customer: `customer ${number}` }
    this.attempts = []
  }
}

const retryQueue = []
let steps
let deliveries = 0
let deliverAt = 0
let owedRetries = 0
let done = 0

function consume (message, i) {
  if (!message.isPoisoned) {
    done++
    return
  }
  message.attempts.push({ at: i, reason: `no tax class in ${message.number}`, worker: i % 8 })
  retryQueue.push(message)
}

function deliverPoisoned (i) {
  const count = FEWEST_POISONED + Math.floor(random() * (MOST_POISONED - FEWEST_POISONED))
  for (let k = 0; k < count; k++) consume(new QueueMessage(deliveries++, true), i)
  deliverAt = i + (SHORTEST + random() * (LONGEST - SHORTEST)) * steps
}

module.exports = {
  id: 'poison-retries',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: messages that are retried for ever, delivered in bursts at random distances, with a note of each attempt',
  expectSuspect: 'retryQueue|QueueMessage|attempts',
  setup (run) {
    steps = run.steps
    deliverAt = LONGEST * steps
  },
  step (i) {
    consume(new QueueMessage(deliveries++, false), i)
    if (i >= deliverAt) deliverPoisoned(i)
    for (owedRetries += RETRIES_A_STEP; owedRetries >= 1; owedRetries--) {
      if (retryQueue.length > 0) consume(retryQueue.shift(), i)
    }
    return done
  }
}
