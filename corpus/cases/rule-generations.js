// Rules of a firewall are loaded anew as the configuration changes, and what is decided already keeps the rules it began with until it is
// done. Each set of rules replaces the one before; sets get larger until 42 % of the run.
'use strict'

const { randomFrom } = require('../lib/random')

const RULES_AT_FIRST = 1500
const RULES_AT_LAST = 8000
const LARGEST_AT = 0.42
/** Between two loads, in shares of the run. */
const SHORTEST = 0.025
const LONGEST = 0.07
/** In shares of the run. */
const LONGEST_DECISION = 0.012

const random = randomFrom(313)
let ruleSet = null
/** Those that are under way, the oldest first. */
const decisions = []
let steps
let loadAt = 0
let generation = 0
let decided = 0

function rulesOf (count) {
  return Array.from({ length: count }, (_, number) => ({
    number,
    prefix: `10.${number >> 8 & 255}.${number & 255}.0/24`,
    ports: [number % 1024, number % 1024 + 80],
    action: number % 3 === 0 ? 'deny' : 'allow',
    hits: 0
  }))
}

function load (i) {
  const share = Math.min(1, i / (LARGEST_AT * steps))
  ruleSet = { generation: generation++, rules: rulesOf(Math.floor(RULES_AT_FIRST + share * (RULES_AT_LAST - RULES_AT_FIRST))) }
  loadAt = i + (SHORTEST + random() * (LONGEST - SHORTEST)) * steps
}

function decide ({ rules }, place) {
  const rule = rules[Math.floor(place * rules.length)]
  rule.hits++
  if (rule.action === 'allow') decided++
}

module.exports = {
  id: 'rule-generations',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: sets of rules that replace each other, larger ones until 42 % of the run; the one before lives on for a while',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    if (i >= loadAt) load(i)
    decisions.push({ ruleSet, place: random(), endsAt: i + LONGEST_DECISION * steps })
    while (decisions.length > 0 && decisions[0].endsAt <= i) {
      const { ruleSet: begunWith, place } = decisions.shift()
      decide(begunWith, place)
    }
    return decided
  }
}
