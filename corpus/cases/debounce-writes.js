// Edits of documents are saved when a document was left alone for a while, or has waited for too long. Sometimes a whole class works on
// its documents, sometimes few people do; how long that lasts is drawn at random.
'use strict'

const { randomFrom } = require('../lib/random')

const DOCUMENTS = 3000
const EDITS_WHEN_BUSY = 8
const EDITS_WHEN_IDLE = 1
/** In shares of the run. */
const QUIET = 0.02
const LONGEST_WAIT = 0.08
const BETWEEN_SWEEPS = 0.005
const SHORTEST_SPELL = 0.03
const LONGEST_SPELL = 0.12

const random = randomFrom(151)
/** By document. */
const pending = new Map()
let steps
let isBusy = false
let spellEndsAt = 0
let sweepAt = 0
let saved = 0

function beginSpell (i) {
  isBusy = !isBusy
  spellEndsAt = i + (SHORTEST_SPELL + random() * (LONGEST_SPELL - SHORTEST_SPELL)) * steps
}

function edit (i) {
  const document = Math.floor(random() * DOCUMENTS)
  let waiting = pending.get(document)
  if (waiting === undefined) {
    waiting = { document, firstAt: i, lastAt: i, edits: [] }
    pending.set(document, waiting)
  }
  waiting.lastAt = i
  waiting.edits.push({ at: i, position: Math.floor(random() * 5000), text: `text ${i} of ${document}` })
}

function sweep (i) {
  for (const { document, firstAt, lastAt, edits } of pending.values()) {
    if (i - lastAt < QUIET * steps && i - firstAt < LONGEST_WAIT * steps) continue
    saved += edits.length
    pending.delete(document)
  }
  sweepAt = i + BETWEEN_SWEEPS * steps
}

module.exports = {
  id: 'debounce-writes',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: edits that wait until their document is left alone, in busy and idle spells of random length',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= spellEndsAt) beginSpell(i)
    if (i >= sweepAt) sweep(i)
    for (let k = 0; k < (isBusy ? EDITS_WHEN_BUSY : EDITS_WHEN_IDLE); k++) edit(i)
    return saved
  }
}
