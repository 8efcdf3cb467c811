// The newest packets, in slots of 4 KB. A slot is made when the ring first comes to it and is used again from then on. Packets come in
// bursts, and the ring has come round at about 43 % of the run.
'use strict'

const { randomFrom } = require('../lib/random')

const SLOTS = 1500
const SLOT_BYTES = 4 << 10
const ROUND_AT = 0.43
const BURSTS = 30
const LEAST_PACKET = 60

const random = randomFrom(337)
const slots = []
let packetsAStep
let stepsABurst
let owed = 0
let captured = 0
let bytes = 0

function slotFor (number) {
  const at = number % SLOTS
  if (at === slots.length) slots.push({ data: Buffer.alloc(SLOT_BYTES), length: 0, at: 0 })
  return slots[at]
}

function capture (i) {
  const slot = slotFor(captured++)
  slot.length = LEAST_PACKET + Math.floor(random() * (SLOT_BYTES - LEAST_PACKET))
  slot.at = i
  slot.data.fill(captured & 0xff, 0, slot.length)
  bytes += slot.length
}

module.exports = {
  id: 'capture-ring',
  kind: 'benign',
  klass: 'benign',
  memory: 'external',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a ring of Buffers, each made when it is first needed; it has come round at 43 % of the run',
  expectSuspect: null,
  setup (run) {
    packetsAStep = SLOTS / (ROUND_AT * run.steps)
    stepsABurst = run.steps / BURSTS
  },
  step (i) {
    owed += packetsAStep * (1 - Math.cos(2 * Math.PI * i / stepsABurst))
    for (; owed >= 1; owed--) capture(i)
    return bytes
  }
}
