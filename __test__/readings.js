// What a capture `{ as: 'comparison' }` found to differ between our reading of the heap and V8's, as rows that can be judged and printed.
'use strict'

/** How much our total may be off, as a share of V8's. */
const TOTAL_TOLERANCE = 0.01

/** How many instances of a class the frames of a capture itself may hold: which, the two readings find at other moments. */
const FRAME_INSTANCES = 2

/** Classes of what V8 makes of a function when it is called. */
const COMPILED = /^code(: |$)/

/** The references that programs make: by property, by index, by variable. */
const NAMED_EDGE = /^(property|element|context) /

/**
 * @typedef {object} Deviation
 * @property {'class' | 'node' | 'missing' | 'surplus' | 'missing edge' | 'surplus edge' | 'path'} type
 * @property {boolean} isObject whether a program's own objects differ, or only what V8 has inside
 * @property {boolean} [isNamed] of an edge: whether both its ends are in both and a program made it
 * @property {number} count how many nodes, edges or paths
 * @property {string} what the classes and references that it is about
 * @property {string} detail where to look
 */

/** Kind of row by kind of row, each most frequent first. @returns {Deviation[]} */
function deviations ({ classes, graph }) {
  const rows = []
  for (const one of classes.different) {
    rows.push({
      type: 'class',
      isObject: one.isObject,
      count: Math.max(Math.abs(one.ours.count - one.v8s.count), 1),
      what: one.class,
      detail: `${one.ours.count} and ${one.v8s.count}, ${one.ours.shallowBytes} and ${one.v8s.shallowBytes} bytes`
    })
  }
  for (const { v8s, ours, isObject, count, kindCount, nameCount, sizeCount, examples } of graph.nodes.different) {
    const [first] = examples
    rows.push({
      type: 'node',
      isObject,
      count,
      what: v8s === ours ? v8s : `${v8s} as ${ours}`,
      detail: `kind ${kindCount}, name ${nameCount}, size ${sizeCount}; ${examples.map(({ id }) => `@${id}`).join(' ')}: ` +
        `${first.ourBytes} bytes, V8 ${first.v8sBytes}; names of ${first.ourNameBytes} and ${first.v8sNameBytes} bytes, ${first.sameNameBytes} the same`
    })
  }
  for (const type of ['missing', 'surplus']) {
    for (const one of graph.nodes[type]) {
      const holders = one.heldBy.map((holder) => `${holder.isInBoth ? '' : '(not in both) '}${holder.class} @${holder.id} ─${holder.edge}─▶ ${holder.count} ×`)
      rows.push({
        type,
        isObject: one.isObject,
        count: one.count,
        what: one.class,
        detail: `${one.shallowBytes} bytes, ${one.entryCount} held by what is in both; ${one.ids.map((id) => `@${id}`).join(' ')}; ${holders.join(', ')}`
      })
    }
    for (const one of graph.edges[type]) {
      rows.push({
        type: `${type} edge`,
        isObject: one.isObject,
        isNamed: one.isTargetInBoth && NAMED_EDGE.test(one.edge),
        count: one.count,
        what: `${one.source} ─${one.edge}─▶ ${one.target}`,
        detail: `${one.isTargetInBoth ? '' : 'target not in both; '}${one.examples.map(({ source, label, target }) => `@${source} ─${label}─▶ @${target}`).join(', ')}`
      })
    }
  }
  for (const { reason, source, edge, target, count, example } of graph.paths.failed) {
    rows.push({
      type: 'path',
      isObject: true,
      count,
      what: `${reason}: ${source} ─${edge}─▶ ${target}`,
      detail: `@${example.source} ─${example.label}─▶ @${example.target}`
    })
  }
  return rows
}

/** Bytes of both readings but for the classes that `isLeftOut`, and how many more of compiled functions are in ours. */
function bytesOf ({ ours, v8s, different }, isLeftOut) {
  const bytes = { ours: ours.shallowBytes, v8s: v8s.shallowBytes, compiledSurplus: 0 }
  for (const one of different) {
    if (isLeftOut(one)) {
      bytes.ours -= one.ours.shallowBytes
      bytes.v8s -= one.v8s.shallowBytes
    } else if (COMPILED.test(one.class)) {
      bytes.compiledSurplus += one.ours.shallowBytes - one.v8s.shallowBytes
    }
  }
  return bytes
}

/**
 * What speaks against our reading being V8's: instances of a class that are not equally many, a total that is off, a retainer path that
 * is none, a property, element or variable of V8's that is not in ours, and objects of a program that differ in another way than
 * `explained` expects.
 *
 * `comparison.classes` has our reading before V8 took its snapshot, `comparison.graph` the one after. In between V8 collects garbage,
 * several times when something is to be called back, and each time throws away functions that it has compiled and that were not called
 * lately: what our second reading does not have any more is no objection to the first.
 *
 * @param {{ type: string, what: RegExp, why: string }[]} [explained]
 * @returns {string[]}
 */
function objections (comparison, explained = []) {
  const { classes, graph } = comparison
  const isExplained = (type, what) => explained.some((one) => one.type === type && one.what.test(what))
  const found = []
  // Objects that V8 calls another name for a reason.
  const renamed = new Map()
  for (const { v8s, ours, count } of graph.nodes.different) {
    if (v8s !== ours && isExplained('node', `${v8s} as ${ours}`)) renamed.set(ours, (renamed.get(ours) ?? 0) + count)
  }
  for (const one of classes.different) {
    if (isExplained('class', one.class) || !one.isObject) continue
    if (Math.abs(one.ours.count - (renamed.get(one.class) ?? 0) - one.v8s.count) > FRAME_INSTANCES) {
      found.push(`instances of ${one.class}: ${one.ours.count}, V8 ${one.v8s.count}`)
    }
  }
  const isOfSnapshotsAlone = (one) => !one.isObject && isExplained('class', one.class)
  const [before, after] = [classes, graph.classes].map((compared) => bytesOf(compared, isOfSnapshotsAlone))
  const totals = { before: { ...before, ours: before.ours - (before.compiledSurplus - after.compiledSurplus) }, after }
  for (const [when, { ours, v8s }] of Object.entries(totals)) {
    if (!(Math.abs(ours - v8s) <= v8s * TOTAL_TOLERANCE)) found.push(`${ours} bytes in all ${when} V8's snapshot, V8 ${v8s}`)
  }
  const { paths } = graph
  const rows = deviations(comparison)
  const failed = rows.filter(({ type }) => type === 'path')
  const unexplained = failed.filter(({ type, what }) => !isExplained(type, what))
  const explainedCount = failed.reduce((sum, row) => sum + (unexplained.includes(row) ? 0 : row.count), 0)
  if (!(paths.followedCount > 0) || paths.trueCount + explainedCount !== paths.followedCount) {
    found.push(`${paths.trueCount} of ${paths.followedCount} paths are true; ${unexplained.map(({ count, what }) => `${count} × ${what}`).join('; ')}`)
  }
  for (const row of rows) {
    const isOfProgram = row.isObject && (row.type === 'node' || (row.type === 'missing edge' && row.isNamed) ||
      (['missing', 'surplus'].includes(row.type) && row.count > FRAME_INSTANCES))
    if (isOfProgram && !isExplained(row.type, row.what)) found.push(`${row.type}: ${row.count} × ${row.what} (${row.detail})`)
  }
  return found
}

module.exports = { deviations, objections }
