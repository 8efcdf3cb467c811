// Lines of a log, which go out when there are enough bytes of them. That is three times in a run, so the teeth of the saw are long, and
// the run ends in the middle of the fourth.
'use strict'

const { randomFrom } = require('../lib/random')

/** In shares of the run, about. */
const TOOTH = 0.29
const FEWEST_LINES = 1
const MOST_LINES = 3
const MEAN_BYTES = 150
const WORDS = ['accepted', 'order', 'customer', 'stock', 'answered', 'late', 'retry', 'payment', 'shipped', 'cached']
const MOST_WORDS = 12

const random = randomFrom(149)
let lines = []
let bytes = 0
let written = 0
let mostBytes

const messageOf = () => Array.from({ length: 2 + Math.floor(random() * MOST_WORDS) }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')

function log (i, k) {
  const line = JSON.stringify({ at: i, level: 20 + 10 * k, host: `host-${i % 13}`, request: `r-${i}`, tookMs: random(), message: messageOf() })
  lines.push(line)
  bytes += line.length
  if (bytes >= mostBytes) flush()
}

function flush () {
  written += bytes
  lines = []
  bytes = 0
}

module.exports = {
  id: 'log-spool',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: lines of a log that are flushed by size, three times in a run',
  expectSuspect: null,
  setup (run) {
    mostBytes = Math.floor(TOOTH * run.steps * (FEWEST_LINES + MOST_LINES) / 2 * MEAN_BYTES)
  },
  step (i) {
    const count = FEWEST_LINES + Math.floor(random() * (MOST_LINES - FEWEST_LINES + 1))
    for (let k = 0; k < count; k++) log(i, k)
    return written
  }
}
