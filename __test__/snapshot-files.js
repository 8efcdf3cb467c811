// Snapshots of a small program, and a slow look at them that shares nothing with the addon: plain JSON.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { inChild } = require('./child')

/** Stands in the heap as strings, a key, a pattern, a description: never as the name of a property. */
const SECRET = `hidden-${'s'.repeat(150)}-content`

/** Entries in the cache when each snapshot was written. */
const ENTRIES = [100, 300, 600]

/** Writes one snapshot for each size of the cache. */
function program (memwatch, tools, { files, entries, secret }) {
  const v8 = require('node:v8')
  class CacheEntry {
    constructor (text) {
      this.text = text
    }
  }
  class OneAndOnly {
    constructor () {
      this.buffer = new Uint8Array(1 << 20)
    }
  }
  const copy = () => Buffer.from(secret).toString('latin1')
  const key = { isKey: true }
  globalThis.held = {
    cache: [],
    single: new OneAndOnly(),
    password: copy(),
    map: new Map([[copy(), copy()]]),
    weak: new WeakMap([[key, copy()]]),
    key,
    symbol: Symbol(secret),
    pattern: new RegExp(secret)
  }
  files.forEach((file, at) => {
    while (globalThis.held.cache.length < entries[at]) globalThis.held.cache.push(new CacheEntry(copy()))
    v8.writeHeapSnapshot(file)
  })
}

/** @returns {Promise<{ folder: string, files: string[] }>} */
async function writeSnapshots () {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memwatch-test-'))
  const files = ENTRIES.map((entries) => path.join(folder, `${entries}.heapsnapshot`))
  await inChild(program, { argument: { files, entries: ENTRIES, secret: SECRET }, load: false })
  return { folder, files }
}

/** Nodes and edges as objects, by the fields that the file names. */
function readSnapshot (file) {
  const { snapshot, nodes, edges, strings } = JSON.parse(fs.readFileSync(file, 'utf8'))
  const { node_fields: nodeFields, node_types: nodeTypes, edge_fields: edgeFields, edge_types: edgeTypes } = snapshot.meta
  const field = (fields, name) => fields.indexOf(name)
  const found = []
  let nextEdge = 0
  for (let at = 0; at < nodes.length; at += nodeFields.length) {
    const value = (name) => nodes[at + field(nodeFields, name)]
    const node = {
      type: nodeTypes[field(nodeFields, 'type')][value('type')],
      name: strings[value('name')],
      id: value('id'),
      size: value('self_size'),
      edges: [],
      retainers: []
    }
    for (let count = value('edge_count'); count > 0; count--, nextEdge += edgeFields.length) {
      const part = (name) => edges[nextEdge + field(edgeFields, name)]
      const type = edgeTypes[field(edgeFields, 'type')][part('type')]
      const label = part('name_or_index')
      const name = type === 'element' || type === 'hidden' ? String(label) : strings[label]
      node.edges.push({ type, name, to: part('to_node') / nodeFields.length })
    }
    found.push(node)
  }
  let edgeCount = 0
  for (const from of found) {
    for (const edge of from.edges) {
      edgeCount++
      found[edge.to].retainers.push({ from, ...edge })
    }
  }
  return { nodes: found, edgeCount, totalSize: found.reduce((sum, node) => sum + node.size, 0) }
}

module.exports = { ENTRIES, SECRET, readSnapshot, writeSnapshots }
