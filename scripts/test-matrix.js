// Runs the same built addon on every Node.js that we support: the numbers against V8's own, then the
// behaviour. Installs the versions into `.nodes/` once.
//
//   node scripts/test-matrix.js [--others] [versions or majors...]
//
// `--others` leaves out the one that runs this: `scripts/test.js` has run all of it, and more, on that one before.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { VERSIONS, installNode } = require('./install-node')

const ROOT = path.join(__dirname, '..')
const ADDON = 'memwatch-rs.linux-x64-gnu.node'

/** What the versions may differ in without V8's hooks; the first step of `npm test` runs all of it once. */
const FALLBACK = ['events', 'leak', 'trace-gc'].map((name) => path.join('__test__', `${name}.test.js`))

/** What the versions may differ in when V8's snapshots are read; the giant heaps are for the first step alone. */
const HEAPS = ['heap-diff', 'open-heap', 'capture', 'capture-storm', 'reader'].map((name) => path.join('__test__', `${name}.test.js`))

const SUITES = {
  truth: (node) => [node, '--test', path.join('__test__', 'truth.test.js')],
  behaviour: (node) => [process.execPath, path.join('scripts', 'run-tests.js'), '--node', node, '--mode', 'native'],
  fallback: (node) => [process.execPath, path.join('scripts', 'run-tests.js'), '--node', node, '--mode', 'fallback',
    ...FALLBACK],
  heaps: (node) => [process.execPath, path.join('scripts', 'run-tests.js'), '--node', node, '--mode', 'native', ...HEAPS]
}

function run ([command, ...args]) {
  // A runner inside a runner would report to the outer one instead of ending with a status.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, MEMWATCH_TEST_SMALL_HEAPS: '1' }
  const { status, signal, error, stdout, stderr } = spawnSync(command, args,
    { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  return { passed: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error ?? signal ?? ''}` }
}

function selected (args) {
  if (args.length === 0) return VERSIONS
  return args.map((arg) => {
    const version = VERSIONS.find((one) => one === arg || one.startsWith(`${arg}.`))
    if (!version) throw new Error(`${arg} is none of ${VERSIONS.join(', ')}`)
    return version
  })
}

function main (args) {
  const { values, positionals } = parseArgs({ args, options: { others: { type: 'boolean' } }, allowPositionals: true })
  const isAsked = (version) => !values.others || `v${version}` !== process.version
  const versions = selected(positionals).filter(isAsked)
  if (!fs.existsSync(path.join(ROOT, ADDON))) throw new Error(`${ADDON} is not there: npm run build`)
  // All of them first, so that a registry that is away costs no time.
  const nodes = versions.map((version) => [version, installNode(version)])
  const names = Object.keys(SUITES)
  const row = (cells) => process.stdout.write(`${cells.map((cell) => cell.padEnd(12)).join('').trimEnd()}\n`)
  row(['Node', 'V8', ...names])
  const failures = []
  for (const [version, node] of nodes) {
    const results = names.map((name) => ({ name, ...run(SUITES[name](node)) }))
    const v8 = run([node, '-p', 'process.versions.v8.split("-")[0]']).output.trim()
    row([version, v8, ...results.map(({ passed }) => passed ? 'passed' : 'FAILED')])
    failures.push(...results.filter(({ passed }) => !passed).map((result) => ({ version, ...result })))
  }
  // At the end, where people look.
  for (const { version, name, output } of failures) process.stderr.write(`\n${name} on Node ${version}:\n${output}\n`)
  return failures.length > 0 ? 1 : 0
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`test-matrix: ${error.message}\n`)
  process.exitCode = 1
}
