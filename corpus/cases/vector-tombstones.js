// An index of vectors for a search by meaning. A text that was edited gets a new vector at the end of a segment, and its old one is
// marked as dead, to be left out by the next compaction. There is none.
'use strict'

const { randomFrom } = require('../lib/random')

const DIMENSIONS = 256
const TEXTS = 250
const VECTORS_A_SEGMENT = 400
const EDITS_WHEN_CRAWLING = 2.2
const EDITS_OTHERWISE = 0.2
/** In shares of the run. */
const SHORTEST_SPELL = 0.02
const LONGEST_SPELL = 0.1

const random = randomFrom(269)

class VectorSegment {
  constructor () {
    this.vectors = []
    this.isDead = []
  }
}

class VectorIndex {
  constructor () {
    this.segments = [new VectorSegment()]
    this.places = new Map()
  }

  put (text, vector) {
    const before = this.places.get(text)
    if (before !== undefined) before.segment.isDead[before.row] = true
    let segment = this.segments[this.segments.length - 1]
    if (segment.vectors.length === VECTORS_A_SEGMENT) {
      segment = new VectorSegment()
      this.segments.push(segment)
    }
    this.places.set(text, { segment, row: segment.vectors.length })
    segment.vectors.push(vector)
    segment.isDead.push(false)
  }
}

const vectorIndex = new VectorIndex()
let steps
let isCrawling = false
let spellEndsAt = 0
let owed = 0

function beginSpell (i) {
  isCrawling = !isCrawling
  spellEndsAt = i + (SHORTEST_SPELL + random() * (LONGEST_SPELL - SHORTEST_SPELL)) * steps
}

module.exports = {
  id: 'vector-tombstones',
  kind: 'leak',
  klass: 'misuse',
  memory: 'external',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: typed arrays of texts that were edited since, in segments without a compaction; in spells',
  expectSuspect: 'vectorIndex|VectorIndex|VectorSegment|segments|vectors|Float32Array|ArrayBuffer',
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= spellEndsAt) beginSpell(i)
    for (owed += isCrawling ? EDITS_WHEN_CRAWLING : EDITS_OTHERWISE; owed >= 1; owed--) {
      vectorIndex.put(Math.floor(random() * TEXTS), new Float32Array(DIMENSIONS).fill(random()))
    }
    return vectorIndex.segments.length
  }
}
