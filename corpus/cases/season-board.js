// Players of a season, with what they have won. A season lasts for three to four tenths of the run and gets players until its end, fewer
// and fewer; then the best are noted, and all begin anew.
'use strict'

const { randomFrom } = require('../lib/random')

const PLAYERS = 7500
/** In shares of the run. */
const SEASONS_END = [0.31, 0.64, 0.97]
const GAMES_A_STEP = 1.4
const MOST_WINS = 6
const BEST = 10

const random = randomFrom(353)
const halls = []
let season = new Map()
let steps
let owed = 0
let ended = 0

function play (i) {
  const number = Math.floor(random() * PLAYERS)
  let player = season.get(number)
  if (player === undefined) {
    player = { number, name: `player ${number} of season ${ended}`, points: 0, wins: [], rating: { mean: 1500, deviation: 350 } }
    season.set(number, player)
  }
  player.points += i % 30
  if (player.wins.length < MOST_WINS) player.wins.push(i)
}

function endSeason () {
  const best = [...season.values()].sort((one, other) => other.points - one.points).slice(0, BEST)
  halls.push(best.map(({ name }) => name))
  if (halls.length > SEASONS_END.length) halls.shift()
  season = new Map()
  ended++
}

function seasonsUntil (i) {
  const progress = (i % steps) / steps
  return Math.floor(i / steps) * SEASONS_END.length + SEASONS_END.filter((end) => progress >= end).length
}

module.exports = {
  id: 'season-board',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: players of seasons that end at 31, 64 and 97 % of the run; a long sawtooth with a bend',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (seasonsUntil(i) > ended) endSeason()
    for (owed += GAMES_A_STEP; owed >= 1; owed--) play(i)
    return season.size
  }
}
