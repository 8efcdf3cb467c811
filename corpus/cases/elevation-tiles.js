// Heights of the land around a depot, in tiles that are loaded when somebody first asks for a place in them. Deliveries go farther and
// farther until 42 % of the run, so the tiles come faster and faster, and then there are no more.
'use strict'

const { randomFrom } = require('../lib/random')

const FARTHEST = 20
const FARTHEST_AT = 0.42
const HEIGHTS_A_TILE = 2048
const PLACES_A_STEP = 8
/** So that the numbers of tiles are not negative. */
const ORIGIN = 64
const TILES_A_ROW = 128

const random = randomFrom(173)
const tiles = new Map()
let steps

function tileAt (x, y) {
  const number = (Math.floor(x) + ORIGIN) * TILES_A_ROW + Math.floor(y) + ORIGIN
  let tile = tiles.get(number)
  if (tile === undefined) {
    tile = new Int16Array(HEIGHTS_A_TILE).fill(number & 0xfff)
    tiles.set(number, tile)
  }
  return tile
}

/** Anywhere in the circle, all places alike. */
function heightWithin (radius) {
  const distance = radius * Math.sqrt(random())
  const angle = 2 * Math.PI * random()
  const tile = tileAt(distance * Math.cos(angle), distance * Math.sin(angle))
  return tile[Math.floor(random() * HEIGHTS_A_TILE)]
}

module.exports = {
  id: 'elevation-tiles',
  kind: 'benign',
  klass: 'benign',
  memory: 'external',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: tiles of typed arrays that are loaded faster and faster until 42 % of the run, when all there are are loaded',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    const radius = FARTHEST * Math.min(1, i / (FARTHEST_AT * steps))
    let sum = 0
    for (let k = 0; k < PLACES_A_STEP; k++) sum += heightWithin(radius)
    return sum
  }
}
