// Runs the same built addon on every Node.js that we support: the numbers against V8's own, then the
// behaviour. Installs the versions into `.nodes/` once.
//
//   node scripts/test-matrix.js [--others] [versions or majors...]
//
// `--others` leaves out the one that runs this: `scripts/test.js` has run all of it, and more, on that one before.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { collect } = require('./collect')
const { VERSIONS, installNode } = require('./install-node')

const ROOT = path.join(__dirname, '..')
const ADDON = 'memwatch-rs.linux-x64-gnu.node'
/** Each version's tests run one after the other, so that no processor waits for the longest of them. */
const VERSIONS_AT_ONCE = 2

/** What the versions may differ in without V8's hooks; the first step of `npm test` runs all of it once. */
const FALLBACK = ['events', 'leak', 'trace-gc'].map((name) => path.join('__test__', `${name}.test.js`))

/** What the versions may differ in when V8's snapshots are read; the giant heaps are for the first step alone. */
const HEAPS = ['heap-diff', 'open-heap', 'capture', 'capture-storm', 'reader'].map((name) => path.join('__test__', `${name}.test.js`))

const SUITES = {
  truth: (node) => [node, '--test', path.join('__test__', 'truth.test.js')],
  behaviour: (node) => behavioural(node, 'native'),
  fallback: (node) => behavioural(node, 'fallback', FALLBACK),
  heaps: (node) => behavioural(node, 'native', HEAPS)
}

const behavioural = (node, mode, files = []) =>
  [process.execPath, path.join('scripts', 'run-tests.js'), '--node', node, '--mode', mode, '--files-at-once', '1', ...files]

function run ([command, ...args]) {
  // A runner inside a runner would report to the outer one instead of ending with a status.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, MEMWATCH_TEST_SMALL_HEAPS: '1' }
  return collect(command, args, { cwd: ROOT, env })
}

/** @returns {Promise<{ version: string, v8: string, results: object[] }>} */
async function runVersion (version, node) {
  const results = []
  for (const [name, command] of Object.entries(SUITES)) results.push({ version, name, ...await run(command(node)) })
  const { output } = await run([node, '-p', 'process.versions.v8.split("-")[0]'])
  return { version, v8: output.trim(), results }
}

function selected (args) {
  if (args.length === 0) return VERSIONS
  return args.map((arg) => {
    const version = VERSIONS.find((one) => one === arg || one.startsWith(`${arg}.`))
    if (!version) throw new Error(`${arg} is none of ${VERSIONS.join(', ')}`)
    return version
  })
}

async function main (args) {
  const { values, positionals } = parseArgs({ args, options: { others: { type: 'boolean' } }, allowPositionals: true })
  const isAsked = (version) => !values.others || `v${version}` !== process.version
  const versions = selected(positionals).filter(isAsked)
  if (!fs.existsSync(path.join(ROOT, ADDON))) throw new Error(`${ADDON} is not there: npm run build`)
  // All of them first, so that a registry that is away costs no time.
  const nodes = versions.map((version) => [version, installNode(version)])
  const row = (cells) => process.stdout.write(`${cells.map((cell) => cell.padEnd(12)).join('').trimEnd()}\n`)
  row(['Node', 'V8', ...Object.keys(SUITES)])
  const failures = []
  const runNext = async () => {
    for (let next = nodes.shift(); next; next = nodes.shift()) {
      const { version, v8, results } = await runVersion(...next)
      row([version, v8, ...results.map(({ passed }) => passed ? 'passed' : 'FAILED')])
      failures.push(...results.filter(({ passed }) => !passed))
    }
  }
  await Promise.all(Array.from({ length: VERSIONS_AT_ONCE }, runNext))
  // At the end, where people look.
  for (const { version, name, output } of failures) process.stderr.write(`\n${name} on Node ${version}:\n${output}\n`)
  return failures.length > 0 ? 1 : 0
}

main(process.argv.slice(2)).then((status) => { process.exitCode = status }, (error) => {
  process.stderr.write(`test-matrix: ${error.message}\n`)
  process.exitCode = 1
})
