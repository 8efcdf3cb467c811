// Compares the engine's numbers with those of Chrome DevTools on the same file, node by node.
//
//   node scripts/compare-with-devtools.mjs FILE DUMP DEVTOOLS
//
// DUMP is what `measure_heap FILE --dump DUMP` wrote. DEVTOOLS is an ES module that exports the
// namespaces HeapSnapshot and HeapSnapshotLoader of DevTools' front_end/entrypoints/heap_snapshot_worker,
// bundled for Node.js. Exits with 1 when a number differs.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MessageChannel, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

const NODE_BYTES = 20
const NO_DISTANCE = -5

if (isMainThread) {
  const [file, dump, devtools] = process.argv.slice(2)
  process.exitCode = await compare(file, dump, path.resolve(devtools))
} else {
  // DevTools computes dominators on a second thread.
  const { HeapSnapshot } = await importDevTools(workerData.devtools)
  workerData.manager = new HeapSnapshot.SecondaryInitManager(workerData.port)
  parentPort.postMessage('ready')
}

async function importDevTools (file) {
  // Front-end code expects a browser's globals.
  globalThis.self ??= globalThis
  return import(pathToFileURL(file))
}

async function load (file, devtools) {
  const { HeapSnapshotLoader } = await importDevTools(devtools)
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { port: port2, devtools },
    transferList: [port2]
  })
  await new Promise(resolve => worker.once('message', resolve))
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent () {} })
  for await (const chunk of fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 4 << 20 })) loader.write(chunk)
  loader.close()
  const snapshot = await loader.buildSnapshot(port1)
  await worker.terminate()
  return snapshot
}

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
