// The heaps of many programs as a capture reads them: against what the programs know, and our reading against V8's own.
'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { inChild } = require('./child')
const { HEAP_PROGRAMS, capturesOf } = require('./heap-program')
const { deviations, objections } = require('./readings')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities

const OF_CPP = /\b(native|synthetic): /
/** Differences that are meant, by type and by what differs, each with its reason. */
const EXPLAINED = [
  ...['class', 'missing', 'surplus'].map((type) => ({
    type,
    what: OF_CPP,
    why: 'V8 asks Node for the memory of its C++ objects, which is not in the heap; roots are kinds of their own'
  })),
  { type: 'class', what: /^object: (Node \/|C\+\+ )/, why: "V8 calls the JavaScript half of Node's objects by the name of the other" },
  { type: 'node', what: /^(object|native): (Node \/|C\+\+ ).* as object: /, why: 'the same' },
  { type: 'class', what: /^code: \(script line ends\)$/, why: 'V8 makes them for its snapshot' },
  {
    type: 'path',
    what: /^no edge: object: (WebAssembly\.)?Instance ─hidden \[x\]─▶ object: (WebAssembly\.)?Module$/,
    why: 'V8 12.4 tells of an instance of WebAssembly what is at the same offsets in its trusted data'
  }
]

describe('our reading of the heap of', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  for (const name of HEAP_PROGRAMS) {
    it(`${name} is V8's, and counts the instances of its classes`, async (t) => {
      const { counts, captures: [counted, compared] } = await capturesOf(name, ['classes', 'comparison'])
      assert.equal(compared.engine, 'reader', compared.engineReason)
      assert.ok(Object.keys(counts).length > 0)
      const found = Object.keys(counts).map((name) => [name, counted.classes.find((one) => one.name === name)?.count])
      assert.deepEqual(Object.fromEntries(found), counts)

      const { comparison } = compared
      const { classes, graph } = comparison
      for (const row of deviations(comparison)) t.diagnostic(`${row.type}: ${row.count} × ${row.what}`)
      assert.deepEqual(objections(comparison, EXPLAINED), [])
      assert.equal(graph.paths.followedCount, 1000)
      assert.ok(classes.v8s.objectCount > Object.values(counts).reduce((sum, count) => sum + count, 0))
    })
  }
})

describe('our reading', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  it('has no contexts that nothing but the list of all contexts leads to, before V8 collects', async () => {
    const { engine, count } = await inChild(async (memwatch) => {
      const vm = require('node:vm')
      const realms = Array.from({ length: 30 }, () => vm.runInNewContext(`
        class Realm {}
        globalThis.realms = Array.from({ length: 10 }, () => new Realm())`))
      globalThis.held = realms.filter((_, at) => at % 10 === 5)
      realms.length = 0
      const { engine, classes } = await memwatch.capture({ as: 'classes' })
      return { engine, count: classes.find(({ name }) => name === 'Realm').count }
    })
    assert.equal(engine, 'reader')
    // 300 in all contexts; one or two that were dropped may still be on the stack.
    assert.ok(count >= 30 && count <= 50, `${count} instances, 30 are held`)
  })
})

describe('a comparison of readings', () => {
  const totals = { nodeCount: 10, edgeCount: 20, shallowBytes: 1000, objectCount: 5 }
  const none = { count: 0, shallowBytes: 0 }
  const equalClasses = () =>
    ({ ours: { ...totals }, v8s: { ...totals }, equalCount: 7, differentCount: 0, differentObjectCount: 0, different: [] })
  /** One without a difference, to be changed by a test. */
  const compared = () => ({
    classes: equalClasses(),
    graph: {
      classes: equalClasses(),
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
    comparison.classes.different = [{ class: 'object: User', isObject: true, ours: { count: 4, shallowBytes: 256 }, v8s: { count: 7, shallowBytes: 448 } }]
    assert.deepEqual(objections(comparison), ['instances of object: User: 4, V8 7'])
  })

  it('objects to totals that are off by more than a hundredth', () => {
    const comparison = compared()
    comparison.classes.ours.shallowBytes = 1010
    assert.deepEqual(objections(comparison), [])
    comparison.classes.ours.shallowBytes = 989
    assert.deepEqual(objections(comparison), ["989 bytes in all before V8's snapshot, V8 1000"])
    comparison.classes.ours.shallowBytes = undefined
    assert.equal(objections(comparison).length, 1)
    comparison.classes.ours.shallowBytes = 1000
    comparison.graph.classes.ours.shallowBytes = 1011
    assert.deepEqual(objections(comparison), ["1011 bytes in all after V8's snapshot, V8 1000"])
  })

  it('has no objection to compiled functions that V8 has thrown away since', () => {
    const comparison = compared()
    const { classes, graph } = comparison
    classes.ours.shallowBytes = 1100
    const row = { class: 'code: system / BytecodeArray', isObject: false, ours: { count: 3, shallowBytes: 300 }, v8s: { count: 2, shallowBytes: 200 } }
    classes.different = [row]
    assert.deepEqual(objections(comparison), [])
    // Not thrown away: the second reading has it as well, or it is no compiled function.
    graph.classes.different = [row]
    assert.deepEqual(objections(comparison), ["1100 bytes in all before V8's snapshot, V8 1000"])
    graph.classes.different = []
    classes.different = [{ ...row, class: 'array' }]
    assert.deepEqual(objections(comparison), ["1100 bytes in all before V8's snapshot, V8 1000"])
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
    assert.deepEqual(objections(comparison), ['4 of 5 paths are true; 1 × no edge: object: A ─property b─▶ object: B'])
    assert.deepEqual(objections(comparison, [{ type: 'path', what: /property b/, why: 'as a test' }]), [])
    comparison.graph.paths = { followedCount: 5, trueCount: 4, failed: [] }
    assert.deepEqual(objections(comparison), ['4 of 5 paths are true; '])
    comparison.graph.paths = { followedCount: 0, trueCount: 0, failed: [] }
    assert.deepEqual(objections(comparison), ['0 of 0 paths are true; '])
  })

  it('objects to objects of a program that differ otherwise, and not to what is internal', () => {
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
    assert.deepEqual(objections(comparison), [])
    nodes.surplus = [{ ...nodes.missing[0], class: 'object: User', isObject: true }, { ...nodes.missing[0], class: 'object: Frame', isObject: true, count: 1 }]
    assert.deepEqual(objections(comparison), [
      'surplus: 3 × object: User (99 bytes, 1 held by what is in both; @9; closure: f @11 ─internal code─▶ 1 ×)'
    ])
    assert.deepEqual(objections(comparison, [{ type: 'surplus', what: /User/, why: 'as a test' }]), [])
  })

  it('objects to a property of V8 that is not in ours', () => {
    const comparison = compared()
    const row = {
      source: 'object: global',
      edge: 'property held',
      target: 'object: User',
      isObject: true,
      isTargetInBoth: true,
      count: 1,
      examples: [{ source: 13, label: 'held', target: 15 }]
    }
    comparison.graph.edges.missing = [{ ...row, isTargetInBoth: false }, { ...row, edge: 'internal map' }]
    assert.deepEqual(objections(comparison), [])
    comparison.graph.edges.missing = [row]
    assert.deepEqual(objections(comparison), ['missing edge: 1 × object: global ─property held─▶ object: User (@13 ─held─▶ @15)'])
  })

  it('takes a class that V8 calls otherwise for what it is', () => {
    const comparison = compared()
    comparison.classes.different = [
      { class: 'object: Script', isObject: true, ours: { count: 6, shallowBytes: 192 }, v8s: { count: 1, shallowBytes: 32 } },
      { class: 'object: Node / Script', isObject: true, ours: none, v8s: { count: 5, shallowBytes: 160 } }
    ]
    assert.equal(objections(comparison, EXPLAINED).length, 1)
    comparison.graph.nodes.different = [{
      v8s: 'object: Node / Script',
      ours: 'object: Script',
      isObject: true,
      count: 5,
      kindCount: 0,
      nameCount: 2,
      sizeCount: 0,
      examples: [{ id: 7, v8sBytes: 32, ourBytes: 32, v8sNameBytes: 13, ourNameBytes: 6, sameNameBytes: 0 }]
    }]
    assert.deepEqual(objections(comparison, EXPLAINED), [])
  })
})
