// Runs the behavioural tests: once in native mode, once with the fallback forced, on smaller heaps and with fewer workers.
//
//   node scripts/run-tests.js [--node PATH] [--mode native|fallback] [--files-at-once N] [files...]
//
// Each file runs in a process of its own and starts more of them.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')

const MODES = ['native', 'fallback']
const TESTS = path.resolve(__dirname, '..', '__test__')

const USAGE = 'usage: run-tests.js [--node PATH] [--mode native|fallback] [--files-at-once N] [files...]\n'

function readArguments () {
  const { values, positionals } = parseArgs({
    options: { node: { type: 'string', default: process.execPath }, mode: { type: 'string' }, 'files-at-once': { type: 'string', default: '2' } },
    allowPositionals: true
  })
  if (values.mode !== undefined && !MODES.includes(values.mode)) throw new Error(`there is no mode ${values.mode}`)
  return { node: values.node, modes: values.mode ? [values.mode] : MODES, filesAtOnce: values['files-at-once'], files: positionals }
}

/** Not about the watcher, or too long to be run in both modes on every version: `scripts/test.js` runs them. */
const ALONE = ['capture.test.js', 'capture-storm.test.js', 'cli.test.js', 'corpus.test.js', 'demo.test.js', 'drop-in.test.js', 'heap-diff.test.js',
  'heap-limit.test.js', 'native-leak.test.js', 'open-heap.test.js', 'open-snapshot.test.js', 'package.test.js', 'reader.test.js',
  'report-page.test.js', 'signal-handler.test.js', 'stress.test.js', 'truth.test.js', 'types.test.js', 'verify.test.js', 'write-snapshot.test.js']

function behaviouralTests () {
  return fs.readdirSync(TESTS)
    .filter((name) => name.endsWith('.test.js') && !ALONE.includes(name))
    .sort()
    .map((name) => path.join(TESTS, name))
}

/** @returns {boolean} whether all of them passed */
function runTests (node, mode, filesAtOnce, files) {
  process.stdout.write(`\n${mode}, ${node}\n`)
  const env = { ...process.env, MEMWATCH_FORCE_FALLBACK: '' }
  if (mode === 'fallback') Object.assign(env, { MEMWATCH_FORCE_FALLBACK: '1', MEMWATCH_TEST_SMALL_HEAPS: '1' })
  const args = ['--test', `--test-concurrency=${filesAtOnce}`, '--test-reporter=spec', ...files]
  const { status, error } = spawnSync(node, args, { env, stdio: 'inherit' })
  if (error) throw error
  return status === 0
}

function main () {
  const { node, modes, filesAtOnce, files } = readArguments()
  const tests = files.length > 0 ? files : behaviouralTests()
  const failed = modes.filter((mode) => !runTests(node, mode, filesAtOnce, tests))
  if (failed.length > 0) process.stderr.write(`\nfailed: ${failed.join(', ')}\n`)
  return failed.length > 0 ? 1 : 0
}

try {
  process.exitCode = main()
} catch (error) {
  process.stderr.write(`run-tests: ${error.message}\n${USAGE}`)
  process.exitCode = 2
}
