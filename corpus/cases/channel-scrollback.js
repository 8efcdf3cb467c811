// The last 60 messages of each channel, so that one can scroll back. There is more talk in some channels than in others: the first have
// their 60 at about 25 % of the run, and the last ones at about 45 %.
'use strict'

const { randomFrom } = require('../lib/random')

const CHANNELS = 280
const MOST_MESSAGES = 60
const MESSAGES = 64000
const LEAST_TALK = 0.55

const random = randomFrom(349)
let messagesAStep
let owed = 0
let posted = 0

class Channel {
  constructor (number) {
    this.name = `channel ${number}`
    this.scrollback = []
    this.next = 0
  }

  post (message) {
    if (this.scrollback.length < MOST_MESSAGES) this.scrollback.push(message)
    else this.scrollback[this.next++ % MOST_MESSAGES] = message
  }
}

const channels = Array.from({ length: CHANNELS }, (_, number) => new Channel(number))

/** The talk of a channel goes down in a straight line, from the first to the last. */
function drawChannel () {
  for (;;) {
    const number = Math.floor(random() * CHANNELS)
    if (random() < 1 - (1 - LEAST_TALK) * number / CHANNELS) return channels[number]
  }
}

module.exports = {
  id: 'channel-scrollback',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: the newest messages of many channels, each with a bound of its own; the last are full at 45 % of the run',
  expectSuspect: null,
  setup (run) {
    messagesAStep = MESSAGES / run.steps
  },
  step (i) {
    for (owed += messagesAStep; owed >= 1; owed--) {
      drawChannel().post({ id: posted++, author: i % 1009, text: `message ${posted} of step ${i}`, reactions: [i % 7, i % 5], at: i })
    }
    return posted
  }
}
