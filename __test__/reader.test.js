// The heaps of many programs as a capture reads them: against what the programs know, and our reading against V8's own.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { HEAP_PROGRAMS, captureOf } = require('./heap-program')
const { deviations, objections } = require('./readings')
const { captureOptions } = require('../lib/options')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities

/** Differences that are meant, by type and by what differs, each with its reason. */
const EXPLAINED = ['missing', 'surplus', 'missing edge', 'surplus edge'].map((type) => ({
  type,
  what: /\b(native|synthetic): (Node \/|C\+\+ )/,
  why: 'V8 asks Node anew for the memory of its C++ objects in each snapshot, and gives it new ids'
}))

function isKnown (as) {
  try {
    captureOptions({ as })
    return true
  } catch {
    return false
  }
}

describe('a capture of the heap of', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  for (const name of HEAP_PROGRAMS) {
    it(`${name} counts the instances of its classes`, async () => {
      const { counts, captured } = await captureOf(name, 'classes')
      assert.ok(Object.keys(counts).length > 0)
      const found = Object.keys(counts).map((name) => [name, captured.classes.find((one) => one.name === name)?.count])
      assert.deepEqual(Object.fromEntries(found), counts)
    })
  }
})

describe('our reading of the heap of', { skip: !isKnown('comparison') && 'a capture compares no readings' }, () => {
  for (const name of HEAP_PROGRAMS) {
    it(`${name} is V8's`, async (t) => {
      const { counts, captured: { comparison } } = await captureOf(name, 'comparison')
      const { classes, graph } = comparison
      for (const row of deviations(comparison)) t.diagnostic(`${row.type}: ${row.count} × ${row.what}`)
      assert.deepEqual(objections(comparison, EXPLAINED), [])
      assert.equal(graph.paths.followedCount, 1000)
      assert.ok(classes.v8s.objectCount > Object.values(counts).reduce((sum, count) => sum + count, 0))
    })
  }
})

describe('a comparison of readings', () => {
  const totals = { nodeCount: 10, edgeCount: 20, shallowBytes: 1000, objectCount: 5 }
  const none = { count: 0, shallowBytes: 0 }
  /** One without a difference, to be changed by a test. */
  const compared = () => ({
    classes: { ours: { ...totals }, v8s: { ...totals }, equalCount: 7, differentCount: 0, differentObjectCount: 0, different: [] },
    graph: {
      nodes: {
        matchedCount: 10,
        withoutIdCount: 0,
        repeatedIdCount: 0,
        differentCount: 0,
        different: [],
        onlyInV8s: none,
        missing: [],
        onlyInOurs: none,
        surplus: []
      },
      edges: { equalCount: 20, onlyInV8sCount: 0, missing: [], onlyInOursCount: 0, surplus: [] },
      paths: { objectCount: 5, unreachedCount: 0, followedCount: 5, trueCount: 5, failed: [] }
    }
  })

  it('has no objection to equal readings', () => {
    assert.deepEqual(objections(compared()), [])
  })

  it('objects to an instance too few', () => {
    const comparison = compared()
    comparison.classes.differentObjectCount = 1
    comparison.classes.different = [{ class: 'object: User', isObject: true, ours: { count: 4, shallowBytes: 256 }, v8s: { count: 5, shallowBytes: 320 } }]
    const explained = [{ type: 'class', what: /User/, why: 'no reason is good enough' }]
    assert.deepEqual(objections(comparison, explained), ['instances of 1 classes: object: User 4, V8 5'])
    assert.equal(objections(comparison).length, 2)
  })

  it('objects to totals that are off by more than a hundredth', () => {
    const comparison = compared()
    comparison.classes.ours.shallowBytes = 1010
    assert.deepEqual(objections(comparison), [])
    comparison.classes.ours.shallowBytes = 989
    assert.deepEqual(objections(comparison), ['989 bytes in all, V8 1000'])
    comparison.classes.ours.shallowBytes = undefined
    assert.equal(objections(comparison).length, 1)
  })

  it('objects to paths that are not there, and to none at all', () => {
    const comparison = compared()
    comparison.graph.paths.trueCount = 4
    comparison.graph.paths.failed = [{
      reason: 'no edge',
      source: 'object: A',
      edge: 'property b',
      target: 'object: B',
      count: 1,
      example: { source: 3, label: 'b', target: 5 }
    }]
    assert.deepEqual(objections(comparison), ['4 of 5 paths are true',
      'path: 1 × no edge: object: A ─property b─▶ object: B (@3 ─b─▶ @5)'])
    comparison.graph.paths = { followedCount: 0, trueCount: 0, failed: [] }
    assert.deepEqual(objections(comparison), ['0 of 0 paths are true'])
  })

  it('objects to every other difference that is not explained', () => {
    const comparison = compared()
    const { nodes, edges } = comparison.graph
    nodes.different = [{
      v8s: 'hidden: system / Map',
      ours: 'object shape: system / Map',
      isObject: false,
      count: 2,
      kindCount: 2,
      nameCount: 0,
      sizeCount: 0,
      examples: [{ id: 7, v8sBytes: 80, ourBytes: 80, v8sNameBytes: 12, ourNameBytes: 12, sameNameBytes: 12 }]
    }]
    nodes.missing = [{
      class: 'code: (code)',
      isObject: false,
      count: 3,
      shallowBytes: 99,
      entryCount: 1,
      ids: [9],
      heldBy: [{ class: 'closure: f', edge: 'internal code', isInBoth: true, count: 1, id: 11 }]
    }]
    edges.surplus = [{
      source: 'array',
      edge: 'internal [x]',
      target: 'object: User',
      isObject: true,
      isTargetInBoth: true,
      count: 4,
      examples: [{ source: 13, label: '0', target: 15 }]
    }]
    assert.deepEqual(deviations(comparison).map(({ type, isObject, count }) => [type, isObject, count]),
      [['node', false, 2], ['missing', false, 3], ['surplus edge', true, 4]])
    assert.deepEqual(objections(comparison), [
      'node: 2 × hidden: system / Map as object shape: system / Map (kind 2, name 0, size 0; @7: 80 bytes, V8 80; names of 12 and 12 bytes, 12 the same)',
      'missing: 3 × code: (code) (99 bytes, 1 held by what is in both; @9; closure: f @11 ─internal code─▶ 1 ×)',
      'surplus edge: 4 × array ─internal [x]─▶ object: User (@13 ─0─▶ @15)'
    ])
    const explained = [
      { type: 'node', what: /^hidden: system/, why: 'as a test' },
      { type: 'missing', what: /^code/, why: 'as a test' },
      { type: 'missing edge', what: /^array/, why: 'of another type' }
    ]
    assert.equal(objections(comparison, explained).length, 1)
  })
})
