// Compares the engine's numbers with those of Chrome DevTools' own code, node by node and class by class.
//
//   npm run compare:devtools              on files it makes itself; about five minutes
//   npm run compare:devtools -- FILE…     on these
//
// Everything it needs is installed or made in `.devtools/`. Exits with 1 when any number differs.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { CACHE, installDevTools } = require('./install')
const { compare, Refused } = require('./compare')
const { writeRealHeaps, writeMadeHeaps } = require('./files')

const ROOT = path.join(__dirname, '..', '..')
/** Files that the engine is given at once. */
const BATCH = 500

async function main (args) {
  // DevTools warns of nodes that nothing holds; the made heaps have many.
  console.warn = () => {}
  const devtools = await installDevTools()
  if (args.length > 0) return report(devtools, args.map((file) => ({ title: path.basename(file), file })), [])
  const folder = path.join(CACHE, 'heaps')
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  return report(devtools, await writeRealHeaps(folder), writeMadeHeaps(path.join(folder, 'made')))
}

async function report (devtools, real, made) {
  const files = [...real.map(({ file }) => file), ...made]
  for (let at = 0; at < files.length; at += BATCH) writeNumbers(files.slice(at, at + BATCH))
  let differing = 0
  process.stdout.write('| File | Nodes | Edges | Classes | Differing |\n| --- | --- | --- | --- | --- |\n')
  const deliberate = []
  for (const { title, file } of real) {
    const found = await compare(devtools, file)
    const cells = [title, ...[found.nodes, found.edges, found.classes, found.differing].map(grouped)]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
    tellExamples(found)
    deliberate.push([title, found.deliberate])
    differing += found.differing
  }
  process.stdout.write('\nDeliberate differences\n')
  for (const [title, counts] of deliberate) process.stdout.write(`${title}: ${JSON.stringify(counts)}\n`)
  return differing + await compareMade(devtools, made) > 0 ? 1 : 0
}

async function compareMade (devtools, files) {
  const sum = { heaps: 0, refused: 0, nodes: 0, edges: 0, classes: 0, differing: 0 }
  for (const file of files) {
    try {
      const found = await compare(devtools, file)
      sum.heaps++
      for (const what of ['nodes', 'edges', 'classes', 'differing']) sum[what] += found[what]
      if (found.differing > 0) process.stdout.write(`${path.basename(file)}\n`)
      tellExamples(found)
    } catch (error) {
      if (!(error instanceof Refused)) throw new Error(`${path.basename(file)}: ${error.message}`, { cause: error })
      sum.refused++
    }
  }
  if (files.length > 0) process.stdout.write(`\nMade heaps: ${JSON.stringify(sum)}\n`)
  return sum.differing
}

function writeNumbers (files) {
  execFileSync('cargo', ['run', '--quiet', '--release', '--no-default-features', '--example', 'heap_numbers', ...files],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
}

function tellExamples ({ examples }) {
  for (const example of examples) process.stdout.write(`${JSON.stringify(example)}\n`)
}

function grouped (number) {
  return number.toLocaleString('en-US')
}

main(process.argv.slice(2)).then((status) => { process.exitCode = status }, (error) => {
  process.stderr.write(`compare:devtools: ${error.stack}\n`)
  process.exitCode = 1
})
