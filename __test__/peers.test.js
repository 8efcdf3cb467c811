// @airbnb/node-memwatch 3.0.0's own test suite (main.test.js, MIT), written anew for this package: what
// its users rely on. Its cases about heap diffs are left out.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const memwatch = require('..')

describe('what @airbnb/node-memwatch promises', () => {
  it('exports a couple of functions', () => {
    for (const name of ['gc', 'on', 'once', 'removeAllListeners']) assert.equal(typeof memwatch[name], 'function', name)
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
})
