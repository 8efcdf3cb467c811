// Parsers are used again, and a new one is made when all are busy, so there are as many as were ever busy at a time. Bursts of requests
// get higher until 42 % of the run and are lower after that: the pool grows by steps, at each record.
'use strict'

const { randomFrom } = require('../lib/random')

const MOST_BUSY = 900
const BURST = 0.025
const HIGHEST_AT = 0.42
const BASE_AT_FIRST = 0.2
const BASE_AFTER = 0.75
const LOWEST_BURST = 0.6
/** Of what a burst may have, also between two. */
const ALWAYS = 0.25
const HEADERS = 48
const SCRATCH = 224

class Parser {
  constructor () {
    this.state = 'idle'
    this.headers = new Array(HEADERS).fill('')
    this.scratch = new Array(SCRATCH).fill(0)
  }

  begin (i) {
    this.state = 'head'
    this.headers[i % HEADERS] = `value ${i}`
    this.scratch[i % SCRATCH] = i
  }

  end () {
    this.state = 'idle'
    this.headers.fill('')
  }
}

const random = randomFrom(181)
const idle = []
const busy = []
let stepsABurst
let steps
let height = 0

function take (i) {
  const parser = idle.pop() ?? new Parser()
  parser.begin(i)
  busy.push(parser)
}

function release () {
  const parser = busy.pop()
  parser.end()
  idle.push(parser)
}

function baseAt (progress) {
  return progress < HIGHEST_AT ? BASE_AT_FIRST + (1 - BASE_AT_FIRST) * progress / HIGHEST_AT : BASE_AFTER
}

function wantedBusy (i) {
  const ofBurst = height * Math.sin(Math.PI * (i % stepsABurst) / stepsABurst)
  return Math.floor(MOST_BUSY * baseAt(i / steps) * (ALWAYS + (1 - ALWAYS) * ofBurst))
}

module.exports = {
  id: 'parser-pool',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a pool that has as many parsers as were ever busy at a time; bursts set records until 42 % of the run',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
    stepsABurst = Math.floor(BURST * steps)
  },
  step (i) {
    if (i % stepsABurst === 0) height = LOWEST_BURST + (1 - LOWEST_BURST) * random()
    const wanted = wantedBusy(i)
    while (busy.length < wanted) take(i)
    while (busy.length > wanted) release()
    return idle.length
  }
}
