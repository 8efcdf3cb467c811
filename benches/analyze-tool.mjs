// One tool opens one file in a process of its own and says what it found: `node analyze-tool.mjs TOOL FILE [BUNDLE]`.
// Each works out all retained sizes, and the classes where it has them.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const { ANALYZE_FOLDER } = require('./peers')
const requirePeer = createRequire(path.join(ANALYZE_FOLDER, 'package.json'))

const TOOLS = {
  async ours (file) {
    const snapshot = await require('..').openSnapshot(file)
    const classes = snapshot.classes()
    return { nodes: snapshot.nodeCount, classes: classes.length }
  },
  async memlab (file) {
    requirePeer('@memlab/core').config.muteConsole = true
    const heap = await requirePeer('@memlab/heap-analysis').getFullHeapFromFile(file)
    return { nodes: heap.nodes.length }
  },
  async devtools (file, bundle) {
    const { load } = await import('./devtools.mjs')
    const snapshot = await load(file, bundle)
    return { nodes: snapshot.nodeCount, retained: snapshot.retainedSizes[0] }
  },
  async toolkit (file) {
    const { parse } = await import(pathToFileURL(requirePeer.resolve('heap-snapshot-toolkit')))
    const snapshot = await parse(fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 }))
    return { nodes: snapshot.nodeCount, retained: snapshot.retainedSizes[0] }
  },
  async vscode (file) {
    // The package's entry is for bundlers; this is its build for Node.js.
    const build = path.join(ANALYZE_FOLDER, 'node_modules', '@vscode/v8-heap-parser', 'pkg/nodejs/v8_heap_parser.js')
    const parser = require(build)
    const graph = parser.decode_bytes(fs.readFileSync(file))
    return { classes: graph.get_class_groups(0, 50, false).length }
  }
}

const [tool, file, bundle] = process.argv.slice(2)
const found = await TOOLS[tool](file, bundle)
const peakMb = process.resourceUsage().maxRSS / 1024
fs.writeSync(1, JSON.stringify({ ...found, peak_mb: Math.round(peakMb) }))
process.exit(0)
