// Captures in a row of a program under storm: each is right, and nothing of them stays behind.
'use strict'

const assert = require('node:assert/strict')
const { it } = require('node:test')
const { shortcomings, storm } = require('./capture-storm')
const areSmall = require('./small-heaps')
const { backgroundCapture, backgroundCaptureReason } = require('..').capabilities

// Fewer where each of many versions runs them.
const CAPTURES = areSmall ? 10 : 30

it(`${CAPTURES} captures under storm are right`, { skip: !backgroundCapture && backgroundCaptureReason }, async (t) => {
  const result = await storm({ captures: CAPTURES })
  t.diagnostic(`${result.requests.served} requests, collections: ${JSON.stringify(result.collections)}`)
  assert.deepEqual(shortcomings(result, CAPTURES), [])
})

it('a storm that went wrong is told', () => {
  const capture = { as: 'classes', engine: 'reader', attempts: 1, wrong: [] }
  const good = {
    captures: [capture, capture],
    requests: { answered: 9, lost: [], served: 9 },
    descriptors: { before: 20, after: 20 },
    children: '',
    leftOut: { bytes: 100, heapBytes: 100, lostBytes: 0 },
    collections: { minor: 1, major: 1, incremental: 0 },
    ending: { code: 0, signal: null, stderr: '' }
  }
  const told = (change) => shortcomings({ ...good, ...change }, 2).length
  assert.equal(told({}), 0)
  assert.equal(told({ captures: [capture] }), 1)
  assert.equal(told({ captures: [capture, { ...capture, attempts: 2 }] }), 0)
  assert.equal(told({ captures: [{ ...capture, attempts: 2 }, { ...capture, attempts: 3 }] }), 1)
  assert.equal(told({ captures: [capture, { ...capture, wrong: ['4 Planted, not 5'] }] }), 1)
  assert.equal(told({ captures: [capture, { as: 'classes', failed: 'ERR' }] }), 1)
  assert.equal(told({ requests: { answered: 8, lost: ['ECONNRESET'], served: 9 } }), 2)
  assert.equal(told({ requests: { answered: 0, lost: [], served: 0 } }), 1)
  assert.equal(told({ descriptors: { before: 20, after: 21 } }), 1)
  assert.equal(told({ descriptors: undefined }), 1)
  assert.equal(told({ children: '77 ' }), 1)
  assert.equal(told({ leftOut: { bytes: 80, heapBytes: 100, lostBytes: 4096 } }), 2)
  assert.equal(told({ collections: { minor: 1, major: 0, incremental: 0 } }), 1)
  assert.equal(told({ ending: { code: null, signal: 'SIGSEGV', stderr: '' } }), 1)
})
