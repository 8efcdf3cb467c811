// @airbnb/node-memwatch 3.0.0's own test suite (main.test.js, MIT), written anew for this package: what
// its users rely on. MEMWATCH_DROPPED_IN names the module that stands in for it.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const memwatch = require(process.env.MEMWATCH_DROPPED_IN ?? '..')

/** Allocates 100 objects of a class within a diff. */
function leakAHundred () {
  function LeakingClass () {}
  const held = []
  const hd = new memwatch.HeapDiff()
  for (let at = 0; at < 100; at++) held.push(new LeakingClass())
  return hd.end()
}

describe('what @airbnb/node-memwatch promises', () => {
  it('exports a couple of functions', () => {
    for (const name of ['gc', 'on', 'once', 'removeAllListeners', 'HeapDiff']) {
      assert.equal(typeof memwatch[name], 'function', name)
    }
  })

  it('causes a stats event to be emitted by gc()', () => {
    return new Promise((resolve, reject) => {
      memwatch.once('stats', (stats) => {
        try {
          assert.equal(typeof stats, 'object')
          assert.notEqual(stats, null)
          resolve()
        } catch (error) {
          reject(error)
        }
      })
      memwatch.gc()
    })
  })

  it('detects allocations by a HeapDiff', () => {
    const { details } = leakAHundred().change
    assert.ok(Array.isArray(details))
    const report = details.find(({ what }) => what === 'LeakingClass')
    assert.notEqual(report, undefined)
    assert.ok(report['+'] - report['-'] > 0)
  })

  it('gives a HeapDiff the right output format', () => {
    const { before, after, change } = leakAHundred()
    const has = (object, numbers, strings) => {
      for (const name of numbers) assert.equal(typeof object[name], 'number', name)
      for (const name of strings) assert.equal(typeof object[name], 'string', name)
    }
    has(before, ['nodes', 'size_bytes'], ['size'])
    has(after, ['nodes', 'size_bytes'], ['size'])
    has(change, ['allocated_nodes', 'freed_nodes', 'size_bytes'], ['size'])
    assert.ok(change.details.length > 0)
    for (const detail of change.details) has(detail, ['+', '-', 'size_bytes'], ['size', 'what'])
  })

  it('throws at a second end()', () => {
    const hd = new memwatch.HeapDiff()
    assert.doesNotThrow(() => hd.end())
    assert.throws(() => hd.end())
  })

  it('throws when HeapDiff is called without new', () => {
    // As in `new require('memwatch').HeapDiff()`.
    assert.throws(() => new (memwatch.HeapDiff())())
  })
})
