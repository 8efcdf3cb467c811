// Tokens that expire, in a wheel of slots by time. Most last for 4 % of the run, some for 15 %, and those of machines for 42 %: there are
// more and more of them until then, ever slower, and as many as before from then on. A few are revoked before their time.
'use strict'

const { randomFrom } = require('../lib/random')

const LIFETIMES = [{ share: 0.55, lasts: 0.04 }, { share: 0.3, lasts: 0.15 }, { share: 0.15, lasts: 0.42 }]
const SLOTS = 128
/** Of the run; longer than any lifetime. */
const WHEEL = 0.64
const TOKENS = 70000
const SHARE_OF_REVOKED = 0.03

const random = randomFrom(373)
const wheel = Array.from({ length: SLOTS }, () => new Set())
const tokens = new Map()
let steps
let stepsASlot
let tokensAStep
let owed = 0
let slotOfNow = 0

const slotAt = (i) => Math.floor(i / stepsASlot) % SLOTS

function lifetime () {
  let drawn = random()
  for (const { share, lasts } of LIFETIMES) {
    if (drawn < share) return lasts * steps
    drawn -= share
  }
  return LIFETIMES[0].lasts * steps
}

function issue (i) {
  const secret = Math.floor(random() * 2 ** 48).toString(36)
  const token = { secret, subject: i % 1201, scopes: ['read', 'write'], slot: slotAt(i + lifetime()), issuedAt: i }
  tokens.set(secret, token)
  wheel[token.slot].add(token)
  if (random() < SHARE_OF_REVOKED) revoke(token)
}

function revoke (token) {
  tokens.delete(token.secret)
  wheel[token.slot].delete(token)
}

function turn (i) {
  while (slotOfNow !== slotAt(i)) {
    for (const token of wheel[slotOfNow]) revoke(token)
    slotOfNow = (slotOfNow + 1) % SLOTS
  }
}

module.exports = {
  id: 'token-wheel',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: tokens with three lifetimes in a wheel of timers, the longest 42 % of the run',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
    stepsASlot = WHEEL * steps / SLOTS
    tokensAStep = TOKENS / steps
  },
  step (i) {
    turn(i)
    for (owed += tokensAStep; owed >= 1; owed--) issue(i)
    return tokens.size
  }
}
