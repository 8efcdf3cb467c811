// Rows with versions, as databases have them: each change adds one, and the vacuum drops those that no transaction sees any more. Most
// transactions are short. Four reports a run are not, the longest from 20 to 46 %, and while they last nothing newer is dropped.
'use strict'

const { randomFrom } = require('../lib/random')

const ROWS = 1200
const CHANGES_A_STEP = 2
/** In shares of the run. */
const REPORTS = [{ from: 0.04, to: 0.12 }, { from: 0.2, to: 0.46 }, { from: 0.58, to: 0.66 }, { from: 0.79, to: 0.92 }]
const LONGEST_TRANSACTION = 0.01
const BETWEEN_VACUUMS = 0.006

const random = randomFrom(347)
let steps
let owed = 0
let vacuumAt = 0

class VersionedRow {
  constructor (number) {
    this.number = number
    /** The oldest first. */
    this.versions = [this.versionAt(0)]
  }

  versionAt (at) {
    return { at, owner: at % 41, stock: Math.floor(random() * 1000), place: { hall: this.number % 9, shelf: at % 300 }, label: `row ${this.number} at ${at}` }
  }

  change (at) {
    this.versions.push(this.versionAt(at))
  }

  /** Keeps the newest of those that the oldest transaction may see, and all after it. */
  vacuum (oldestSeen) {
    let dead = 0
    while (dead + 1 < this.versions.length && this.versions[dead + 1].at <= oldestSeen) dead++
    if (dead > 0) this.versions.splice(0, dead)
  }
}

const rows = Array.from({ length: ROWS }, (_, number) => new VersionedRow(number))

function oldestTransaction (i) {
  const progress = (i % steps) / steps
  const report = REPORTS.find(({ from, to }) => progress >= from && progress < to)
  const short = i - LONGEST_TRANSACTION * steps
  return report === undefined ? short : Math.min(short, i - (progress - report.from) * steps)
}

module.exports = {
  id: 'mvcc-vacuum',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: versions of rows that wait for the longest transaction to end, which is at 46 % of the run',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    for (owed += CHANGES_A_STEP; owed >= 1; owed--) rows[Math.floor(random() * ROWS)].change(i)
    if (i >= vacuumAt) {
      const oldest = oldestTransaction(i)
      for (const row of rows) row.vacuum(oldest)
      vacuumAt = i + BETWEEN_VACUUMS * steps
    }
    return rows[i % ROWS].versions.length
  }
}
