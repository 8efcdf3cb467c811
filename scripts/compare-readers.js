// Prints in what our reading of the heaps of `__test__/heap-programs` differs from V8's own, most frequent first.
//
//   node scripts/compare-readers.js [--node VERSION|PATH]... [--rows N] [--totals] [program...]
//
// Versions are Node's, or their majors: all supported ones unless some are named. All programs, likewise.
'use strict'

const { parseArgs } = require('node:util')
const { VERSIONS, executable } = require('./install-node')
const { HEAP_PROGRAMS, capturesOf } = require('../__test__/heap-program')
const { deviations } = require('../__test__/readings')

const USAGE = 'usage: compare-readers.js [--node VERSION|PATH]... [--rows N] [--totals] [program...]\n'

function readArguments () {
  const { values, positionals } = parseArgs({
    options: {
      node: { type: 'string', multiple: true, default: VERSIONS },
      rows: { type: 'string', default: '40' },
      totals: { type: 'boolean', default: false }
    },
    allowPositionals: true
  })
  const unknown = positionals.find((name) => !HEAP_PROGRAMS.includes(name))
  if (unknown !== undefined) throw new Error(`there is no program ${unknown}: ${HEAP_PROGRAMS.join(', ')}`)
  const rows = Number(values.rows)
  if (!Number.isInteger(rows) || rows < 0) throw new Error(`--rows takes a number, not ${values.rows}`)
  return {
    nodes: values.node.map(executable),
    rows: values.totals ? 0 : rows,
    programs: positionals.length > 0 ? positionals : HEAP_PROGRAMS
  }
}

const print = (line) => process.stdout.write(`${line}\n`)
const counted = (count) => count.toLocaleString('en')

function printComparison (title, { classes, graph }, limit) {
  const { ours, v8s } = classes
  const { nodes, edges, paths } = graph
  const percent = (ours.shallowBytes / v8s.shallowBytes - 1) * 100
  print(`\n== ${title}`)
  print(`           ${['nodes', 'edges', 'bytes', 'objects'].map((name) => name.padStart(14)).join('')}`)
  for (const [name, { nodeCount, edgeCount, shallowBytes, objectCount }] of [['ours', ours], ["V8's", v8s]]) {
    print(`${name.padEnd(11)}${[nodeCount, edgeCount, shallowBytes, objectCount].map((count) => counted(count).padStart(14)).join('')}`)
  }
  print(`bytes      ${percent >= 0 ? '+' : ''}${percent.toFixed(3)} %`)
  print(`classes    ${counted(classes.equalCount)} equal, ${counted(classes.differentCount)} not; instances of ${classes.differentObjectCount} differ`)
  print(`nodes      ${counted(nodes.matchedCount)} in both, of them ${counted(nodes.differentCount)} differ; ${counted(nodes.onlyInV8s.count)} only in V8's, ` +
    `${counted(nodes.onlyInOurs.count)} only in ours; ${counted(nodes.withoutIdCount)} without an id, ${counted(nodes.repeatedIdCount)} ids repeated`)
  print(`edges      ${counted(edges.equalCount)} equal, ${counted(edges.onlyInV8sCount)} only in V8's, ${counted(edges.onlyInOursCount)} only in ours`)
  print(`paths      ${counted(paths.trueCount)} of ${counted(paths.followedCount)} true; ${counted(paths.unreachedCount)} of ${counted(paths.objectCount)} objects not reached`)
  const rows = deviations({ classes, graph }).sort((a, b) => b.isObject - a.isObject || b.count - a.count)
  for (const { type, isObject, count, what, detail } of rows.slice(0, limit)) {
    print(`${isObject ? '*' : ' '} ${counted(count).padStart(9)}  ${type.padEnd(12)}  ${what}`)
    print(`${' '.repeat(27)}${detail}`)
  }
  if (limit > 0 && rows.length > limit) print(`  ${rows.length - limit} rows more: --rows ${rows.length}`)
}

async function main () {
  const { nodes, rows, programs } = readArguments()
  let differing = 0
  for (const [name, node] of nodes) {
    for (const program of programs) {
      try {
        const { captures: [{ comparison }] } = await capturesOf(program, ['comparison'], node)
        printComparison(`${program}, ${name}`, comparison, rows)
        if (deviations(comparison).length > 0) differing++
      } catch (error) {
        print(`\n== ${program}, ${name}\n${error.message}`)
        differing++
      }
    }
  }
  print(`\n${differing} of ${nodes.length * programs.length} differ (* a program's own objects)`)
  return differing > 0 ? 1 : 0
}

main().then((code) => { process.exitCode = code }, (error) => {
  process.stderr.write(`compare-readers: ${error.message}\n${USAGE}`)
  process.exitCode = 2
})
