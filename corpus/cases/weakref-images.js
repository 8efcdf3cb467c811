// Previews are found again by WeakRefs for as long as somebody has them, and the newest 2,400 are kept in any case, which takes until
// 35 % of the run. When a preview is gone, a FinalizationRegistry takes its key out of the Map.
'use strict'

const { randomFrom } = require('../lib/random')

const MOST_KEPT = 2400
const KEPT_AT = 0.35
const SHARE_OF_NEW = 0.5
const ROWS = 40

const random = randomFrom(367)
const previewRefs = new Map()
const kept = []
let asksAStep
let owed = 0
let known = 0
let keptNext = 0

const taken = new FinalizationRegistry((key) => {
  if (previewRefs.get(key)?.deref() === undefined) previewRefs.delete(key)
})

function render (number, key) {
  const preview = { number, key, title: `preview ${number}`, rows: Array.from({ length: ROWS }, (_, row) => (number * row) % 251) }
  previewRefs.set(key, new WeakRef(preview))
  taken.register(preview, key)
  if (kept.length < MOST_KEPT) kept.push(preview)
  else kept[keptNext++ % MOST_KEPT] = preview
  return preview
}

function ask () {
  const isNew = known === 0 || random() < SHARE_OF_NEW
  const number = isNew ? known++ : Math.max(0, known - 1 - Math.floor(random() * MOST_KEPT))
  const key = `preview:${number}`
  return previewRefs.get(key)?.deref() ?? render(number, key)
}

module.exports = {
  id: 'weakref-images',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: WeakRefs that a FinalizationRegistry clears up behind, and the newest held until there are 2,400, at 35 % of the run',
  expectSuspect: null,
  setup (run) {
    asksAStep = MOST_KEPT / (SHARE_OF_NEW * KEPT_AT * run.steps)
  },
  step () {
    let sum = 0
    for (owed += asksAStep; owed >= 1; owed--) sum += ask().rows[1]
    return sum
  }
}
