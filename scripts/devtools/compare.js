// One file read by DevTools and by the engine: every number that both have, side by side.
'use strict'

const fs = require('node:fs')
const { MessageChannel } = require('node:worker_threads')

const HEADER_BYTES = 32
const NODE_BYTES = 20
const NO_DISTANCE = -5
const MAX_EXAMPLES = 5

/** DevTools gives up on a heap whose root names the same user root twice, when that fills its queue. */
class Refused extends Error {}

/**
 * @param {object} devtools what `installDevTools` gave
 * @param {string} file a `.heapsnapshot` with the engine's numbers beside it, in `FILE.numbers`, which are deleted
 */
async function compare (devtools, file) {
  const snapshot = await load(devtools, file)
  const ours = readNumbers(`${file}.numbers`)
  const found = { differing: 0, examples: [] }
  const check = (what, expected, actual) => {
    if (expected === actual) return
    found.differing++
    if (found.examples.length < MAX_EXAMPLES) found.examples.push({ what: what(), devtools: expected, here: actual })
  }
  const edges = snapshot.containmentEdges.length / snapshot.edgeFieldsCount
  const extraBytes = snapshot.profile.snapshot.extra_native_bytes ?? 0
  check(() => 'nodes', snapshot.nodeCount, ours.nodes)
  check(() => 'edges', edges, ours.edges)
  check(() => 'total size', snapshot.totalSize - extraBytes, ours.totalBytes)
  compareNodes(snapshot, ours, check)
  const shown = snapshot.getAggregatesByClassKey(false)
  compareClasses(snapshot, ours, check)
  const duplicates = snapshot.getDuplicateStrings().flatMap(({ nodes }) => nodes)
  return {
    ...found,
    nodes: snapshot.nodeCount,
    edges,
    totalBytes: ours.totalBytes,
    classes: ours.classes.size,
    deliberate: {
      shownClasses: Object.keys(shown).length,
      ...splits(shown),
      extraBytes,
      loneSurrogates: snapshot.strings.filter((text) => !text.isWellFormed()).length,
      duplicates: duplicates.length,
      ourDuplicates: ours.duplicates
    }
  }
}

async function load ({ HeapSnapshot, HeapSnapshotLoader }, file) {
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent () {} })
  for await (const chunk of fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 4 << 20 })) loader.write(chunk)
  loader.close()
  const { port1, port2 } = new MessageChannel()
  // DevTools computes part of it behind a port, here in the same thread.
  // eslint-disable-next-line no-new -- it listens on the port
  new HeapSnapshot.SecondaryInitManager(port2)
  try {
    return await loader.buildSnapshot(port1)
  } catch (error) {
    throw error.message.startsWith('BFS failed') && namesUserRootTwice(file) ? new Refused(error.message) : error
  } finally {
    port1.close()
  }
}

/** Among the children of a small heap's root, in the layout that our own writer gives to files. */
function namesUserRootTwice (file) {
  const { nodes, edges, strings, snapshot: { meta } } = JSON.parse(fs.readFileSync(file, 'utf8'))
  const [types] = meta.node_types
  const isUserRoot = (node) => types[nodes[node]] !== 'synthetic' || strings[nodes[node + 1]] === '(Document DOM trees)'
  const children = Array.from({ length: nodes[4] }, (_, edge) => edges[edge * 3 + 2]).filter(isUserRoot)
  return new Set(children).size < children.length
}

function readNumbers (file) {
  const bytes = fs.readFileSync(file)
  fs.rmSync(file)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const u64 = (at) => Number(view.getBigUint64(at, true))
  const nodes = u64(0)
  const classes = new Map()
  for (let at = HEADER_BYTES + nodes * NODE_BYTES; at < bytes.length;) {
    const length = view.getUint32(at + 24, true)
    const name = bytes.toString('utf8', at + 28, at + 28 + length)
    classes.set(name, { count: u64(at), shallow: u64(at + 8), retained: u64(at + 16) })
    at += 28 + length
  }
  return {
    nodes,
    edges: u64(8),
    totalBytes: u64(16),
    duplicates: u64(24),
    classes,
    distance: (node) => view.getUint32(HEADER_BYTES + node * NODE_BYTES, true),
    shallow: (node) => u64(HEADER_BYTES + node * NODE_BYTES + 4),
    retained: (node) => u64(HEADER_BYTES + node * NODE_BYTES + 12)
  }
}

function compareNodes (snapshot, ours, check) {
  const { nodeFieldCount, nodeSelfSizeOffset } = snapshot
  for (let node = 0; node < Math.min(snapshot.nodeCount, ours.nodes); node++) {
    const about = (what) => () => `${what} of node ${node}, ${nameOf(snapshot, node)}`
    const distance = ours.distance(node)
    check(about('distance'), snapshot.nodeDistances[node], distance === 0xffffffff ? NO_DISTANCE : distance)
    const shallow = snapshot.nodes.getValue(node * nodeFieldCount + nodeSelfSizeOffset)
    check(about('shallow size'), shallow, ours.shallow(node))
    check(about('retained size'), snapshot.retainedSizes[node], ours.retained(node))
  }
}

/** Classes by name alone: DevTools' own table, with both of its ways to split a class switched off. */
function compareClasses (snapshot, ours, check) {
  snapshot.applyInterfaceDefinitions([])
  snapshot.getLocation = () => null
  const theirs = snapshot.buildAggregates()
  snapshot.calculateClassesRetainedSize(theirs)
  check(() => 'classes', theirs.size, ours.classes.size)
  for (const { name, count, self, maxRet } of theirs.values()) {
    const known = name.toWellFormed()
    const found = ours.classes.get(known)
    check(() => `count of class ${known}`, count, found?.count)
    check(() => `shallow size of class ${known}`, self, found?.shallow)
    check(() => `retained size of class ${known}`, maxRet, found?.retained)
  }
}

/** How many of the classes that DevTools shows are parts of one, by properties and by location. */
function splits (shown) {
  const byName = new Map()
  for (const { name } of Object.values(shown)) byName.set(name, (byName.get(name) ?? 0) + 1)
  const names = [...byName.keys()]
  return {
    plainObjectClasses: names.filter((name) => name.startsWith('{')).length,
    namesakes: names.filter((name) => byName.get(name) > 1).length
  }
}

function nameOf (snapshot, ordinal) {
  return snapshot.createNode(ordinal * snapshot.nodeFieldCount).rawName().slice(0, 60)
}

module.exports = { compare, Refused }
