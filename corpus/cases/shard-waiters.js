// Writes wait until their shard has a leader. One shard never gets one, so the writes of its region wait for ever, each with the
// context of its request. The region sleeps at night: five days in a run, with much at noon and nothing at midnight.
'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { randomFrom } = require('../lib/random')

const SHARDS = 6
const LEADERLESS = 5
const DAYS = 5

class Shard {
  constructor (number) {
    this.number = number
    this.written = 0
    this.leaderElected = number === LEADERLESS ? new Promise(() => {}) : Promise.resolve(`host ${number}`)
  }
}

const random = randomFrom(137)
const requestContext = new AsyncLocalStorage()
const shards = Array.from({ length: SHARDS }, (_, number) => new Shard(number))
let steps

async function writeOrder (shard, order) {
  const leader = await shard.leaderElected
  shard.written += order.lines.length
  return { leader, request: requestContext.getStore().id }
}

function shardOf (i) {
  const shareOfRegion = 0.5 - 0.5 * Math.cos(2 * Math.PI * DAYS * i / steps)
  if (random() < shareOfRegion) return shards[LEADERLESS]
  return shards[i % LEADERLESS]
}

module.exports = {
  id: 'shard-waiters',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: async functions that wait for a promise that never settles, each in its context of AsyncLocalStorage; it grows in waves',
  expectSuspect: 'leaderElected|Promise|PromiseReaction|writeOrder|Shard|shards|order|kResourceStore|AsyncFunction|await',
  setup (run) {
    steps = run.steps
  },
  step (i) {
    const shard = shardOf(i)
    requestContext.run({ id: `request ${i}`, user: i % 977, startedMs: Date.now() }, () => {
      writeOrder(shard, { number: i, customer: `customer ${i % 977}`, lines: [i, i + 1, i + 2] })
    })
    return shard.written
  }
}
