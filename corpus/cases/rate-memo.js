// Tax rates are worked out when they are first asked for, and kept: by country, by class of goods, by year. There are 8,000 of them;
// the frequent ones are known soon, and the rare ones come one by one for most of the run.
'use strict'

const { randomFrom } = require('../lib/random')

const COUNTRIES = 40
const CLASSES = 25
const YEARS = 8
const RATES = COUNTRIES * CLASSES * YEARS
/** Lookups a run, for each rate there is. */
const LOOKUPS_A_RATE = 15
/** How much more frequent the frequent ones are. */
const SKEW = 3
const BRACKETS = 3

const random = randomFrom(167)
/** Maps in Maps: country, class, year. */
const rates = new Map()
let lookupsAStep
let owed = 0

function work (country, goods, year) {
  return {
    rate: 5 + random() * 20,
    brackets: Array.from({ length: BRACKETS }, (_, k) => ({ from: k * 1000 + goods, percent: random() * (country + year) }))
  }
}

function below (map, key) {
  let next = map.get(key)
  if (next === undefined) {
    next = new Map()
    map.set(key, next)
  }
  return next
}

function rateOf (number) {
  const country = number % COUNTRIES
  const goods = Math.floor(number / COUNTRIES) % CLASSES
  const year = Math.floor(number / (COUNTRIES * CLASSES))
  const years = below(below(rates, country), goods)
  let rate = years.get(year)
  if (rate === undefined) {
    rate = work(country, goods, year)
    years.set(year, rate)
  }
  return rate
}

module.exports = {
  id: 'rate-memo',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a memo of 8,000 rates, more than nine tenths known at 45 % of the run and the last ones near its end',
  expectSuspect: null,
  setup (run) {
    lookupsAStep = RATES * LOOKUPS_A_RATE / run.steps
  },
  step () {
    let sum = 0
    for (owed += lookupsAStep; owed >= 1; owed--) sum += rateOf(Math.floor(random() ** SKEW * RATES)).rate
    return sum
  }
}
