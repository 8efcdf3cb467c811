// What a capture `{ as: 'comparison' }` found to differ between our reading of the heap and V8's, as rows that can be judged and printed.
'use strict'

/** How much our total may be off, as a share of V8's. */
const TOTAL_TOLERANCE = 0.01

/**
 * @typedef {object} Deviation
 * @property {'class' | 'node' | 'missing' | 'surplus' | 'missing edge' | 'surplus edge' | 'path'} type
 * @property {boolean} isObject whether a program's own objects differ, or only what V8 has inside
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

/**
 * What speaks against our reading being V8's: instances of a class that are not equally many, a total that is off, a retainer path that
 * is none, and whatever else `explained` does not expect.
 *
 * @param {{ type: string, what: RegExp, why: string }[]} [explained]
 * @returns {string[]}
 */
function objections (comparison, explained = []) {
  const { classes, graph } = comparison
  const found = []
  if (classes.differentObjectCount > 0) {
    const differing = classes.different.filter(({ isObject, ours, v8s }) => isObject && ours.count !== v8s.count)
    found.push(`instances of ${classes.differentObjectCount} classes: ${differing.map((one) => `${one.class} ${one.ours.count}, V8 ${one.v8s.count}`).join('; ')}`)
  }
  const off = Math.abs(classes.ours.shallowBytes - classes.v8s.shallowBytes)
  if (!(off <= classes.v8s.shallowBytes * TOTAL_TOLERANCE)) {
    found.push(`${classes.ours.shallowBytes} bytes in all, V8 ${classes.v8s.shallowBytes}`)
  }
  const { paths } = graph
  if (!(paths.followedCount > 0) || paths.trueCount !== paths.followedCount) {
    found.push(`${paths.trueCount} of ${paths.followedCount} paths are true`)
  }
  for (const row of deviations(comparison)) {
    if (explained.some(({ type, what }) => type === row.type && what.test(row.what))) continue
    found.push(`${row.type}: ${row.count} × ${row.what} (${row.detail})`)
  }
  return found
}

module.exports = { deviations, objections }
