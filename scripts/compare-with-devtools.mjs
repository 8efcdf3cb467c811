// Compares the engine's numbers with those of Chrome DevTools on the same file, node by node.
//
//   node scripts/compare-with-devtools.mjs FILE DUMP DEVTOOLS
//
// DUMP is what `measure_heap FILE --dump DUMP` wrote. DEVTOOLS is a bundle that `bundle` of
// benches/devtools.mjs made. Exits with 1 when a number differs.
import fs from 'node:fs'
import path from 'node:path'

import { load } from '../benches/devtools.mjs'

const NODE_BYTES = 20
const NO_DISTANCE = -5

const [file, dump, devtools] = process.argv.slice(2)
process.exitCode = await compare(file, dump, path.resolve(devtools))

async function compare (file, dump, devtools) {
  const snapshot = await load(file, devtools)
  const ours = fs.readFileSync(dump)
  const view = new DataView(ours.buffer, ours.byteOffset, ours.length)
  const differing = { nodes: 0, distance: 0, shallow: 0, retained: 0 }
  const examples = []
  if (ours.length !== snapshot.nodeCount * NODE_BYTES) differing.nodes++
  const check = (what, node, expected, found) => {
    if (expected === found) return
    differing[what]++
    if (examples.length < 20) examples.push({ what, node, name: nameOf(snapshot, node), expected, found })
  }
  for (let node = 0; node < snapshot.nodeCount && !differing.nodes; node++) {
    const at = node * NODE_BYTES
    const distance = view.getUint32(at, true)
    check('distance', node, snapshot.nodeDistances[node], distance === 0xffffffff ? NO_DISTANCE : distance)
    const size = snapshot.nodes.getValue(node * snapshot.nodeFieldCount + snapshot.nodeSelfSizeOffset)
    check('shallow', node, size, Number(view.getBigUint64(at + 4, true)))
    check('retained', node, snapshot.retainedSizes[node], Number(view.getBigUint64(at + 12, true)))
  }
  const edges = snapshot.containmentEdges.length / snapshot.edgeFieldsCount
  console.log(JSON.stringify({
    nodes: snapshot.nodeCount, edges, totalSize: snapshot.totalSize, differing
  }))
  for (const example of examples) console.log(JSON.stringify(example))
  return Object.values(differing).some(Boolean) ? 1 : 0
}

function nameOf (snapshot, ordinal) {
  return snapshot.createNode(ordinal * snapshot.nodeFieldCount).rawName().slice(0, 60)
}
