// A million collections in one process: the ring never grows, and each collection is either delivered or
// counted as lost. V8's own trace says how many there were.
'use strict'

const test = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { spawn } = require('node:child_process')

const HALF = 500_000
const CAPACITY = 4096
/** Collections between two turns: less than half the ring, which is when a wake-up is sent for them. */
const PER_TURN = 1000

// `gc({ type: 'minor' })` of a nearly empty young generation takes V8 some 30 microseconds; on one
// thread no time goes into waking helpers.
const FLAGS = ['--expose-gc', '--single-threaded', '--max-semi-space-size=1']

/** Counts lines of V8's trace as they come; there are too many to keep. */
class TraceCounter {
  scavenges = 0
  fullCollections = 0
  #rest = ''

  add (chunk) {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()
    for (const line of lines) {
      if (line.includes(' Scavenge ')) this.scavenges++
      else if (line.includes(' Mark-')) this.fullCollections++
    }
  }
}

function run () {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath,
      [...FLAGS, path.join(__dirname, 'stress-child.js'), HALF, PER_TURN],
      { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: { ...process.env, NODE_OPTIONS: '' } })
    const traced = new TraceCounter()
    let message = null
    child.stdout.setEncoding('latin1').on('data', (chunk) => traced.add(chunk))
    child.on('message', (value) => { message = value })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, traced, ...message }))
  })
}

const native = process.env.MEMWATCH_FORCE_FALLBACK !== '1'

test('a million collections in one process are all accounted for', { skip: !native }, async (t) => {
  const { code, signal, traced, untraced, start, oneLoop, before, manyTurns } = await run()
  assert.deepEqual({ code, signal }, { code: 0, signal: null })
  const states = { start, oneLoop, before, manyTurns }

  await t.test('the program asked for a million and V8 says that it did them', () => {
    assert.ok(traced.scavenges >= 2 * HALF, String(traced.scavenges))
    assert.ok(traced.fullCollections >= 2, String(traced.fullCollections))
  })

  await t.test('the counts by kind are V8\'s own', () => {
    const { counts } = manyTurns
    assert.equal(counts.scavenge - (untraced.scavenge ?? 0), traced.scavenges)
    assert.equal(counts['mark-compact'] - untraced['mark-compact'], traced.fullCollections)
  })

  await t.test('the ring stays as large as it was configured', () => {
    for (const [name, { config, kept, first, last }] of Object.entries(states)) {
      assert.equal(config.capacity, CAPACITY, name)
      assert.equal(kept, CAPACITY, name)
      assert.equal(last - first, CAPACITY - 1, name)
    }
  })

  await t.test('every sequence number is either kept or counted as lost', () => {
    for (const [name, { counts, kept, lost, last }] of Object.entries(states)) {
      const sum = Object.values(counts).reduce((all, count) => all + count, 0)
      assert.equal(last + 1, sum, name)
      assert.equal(kept + lost, sum, name)
    }
  })

  await t.test('what a single loop did not let us process is counted as lost, and only that', () => {
    const done = oneLoop.last - start.last
    assert.ok(done > HALF, String(done))
    assert.equal(oneLoop.stats.lostRecords - start.stats.lostRecords, done - CAPACITY)
  })

  await t.test('kinds are counted exactly though records were lost', () => {
    for (const [name, { counts, stats }] of Object.entries({ oneLoop, manyTurns })) {
      assert.equal(stats.num_full_gc, counts['mark-compact'], name)
      const sum = Object.values(counts).reduce((all, count) => all + count, 0)
      assert.equal(stats.num_full_gc + stats.num_inc_gc, sum, name)
      assert.equal(stats.gcScavengeCount, counts.scavenge, name)
    }
  })

  await t.test('nothing is lost when the event loop turns', () => {
    assert.ok(manyTurns.last - before.last > HALF)
    assert.equal(manyTurns.stats.lostRecords, before.stats.lostRecords)
    assert.equal(manyTurns.stats.lostEvents, 0)
    const fullCollections = manyTurns.counts['mark-compact'] - before.counts['mark-compact']
    assert.equal(manyTurns.statsEvents - before.statsEvents, fullCollections)
  })

  await t.test('resident memory is what it was at the start', () => {
    // Even one byte a collection would be a megabyte; a record kept for each would be 300 MB.
    for (const [name, { rssBytes }] of Object.entries(states)) {
      assert.ok(rssBytes - start.rssBytes < 32 * 1024 * 1024, `${name}: ${rssBytes} from ${start.rssBytes}`)
    }
  })
})
