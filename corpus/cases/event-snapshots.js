// Accounts are kept as the events since their last snapshot. A new snapshot is made after so many, and the events are dropped. All accounts
// began at the same time, so that the first snapshots come together, at 37 % of the run; later ones are spread more and more.
'use strict'

const { randomFrom } = require('../lib/random')

const ACCOUNTS = 220
const EVENTS_A_SNAPSHOT = 120
const FIRST_SNAPSHOTS_AT = 0.37

const random = randomFrom(331)
let eventsAStep
let owed = 0

class Account {
  constructor (number) {
    this.number = number
    this.snapshot = { balance: 0, version: 0 }
    this.recentEvents = []
  }

  apply (event) {
    this.recentEvents.push(event)
    if (this.recentEvents.length >= EVENTS_A_SNAPSHOT) this.compact()
  }

  compact () {
    const balance = this.recentEvents.reduce((sum, { amount }) => sum + amount, this.snapshot.balance)
    this.snapshot = { balance, version: this.snapshot.version + this.recentEvents.length }
    this.recentEvents = []
  }
}

const accounts = Array.from({ length: ACCOUNTS }, (_, number) => new Account(number))

module.exports = {
  id: 'event-snapshots',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: events of accounts until their next snapshot; the first ones come together at 37 % of the run',
  expectSuspect: null,
  setup (run) {
    eventsAStep = ACCOUNTS * EVENTS_A_SNAPSHOT / (FIRST_SNAPSHOTS_AT * run.steps)
  },
  step (i) {
    for (owed += eventsAStep; owed >= 1; owed--) {
      const account = accounts[Math.floor(random() * ACCOUNTS)]
      account.apply({ at: i, type: i % 4 === 0 ? 'debit' : 'credit', amount: random() * 90, reference: `transfer ${i}` })
    }
    return accounts[i % ACCOUNTS].recentEvents.length
  }
}
