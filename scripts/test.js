// `npm test`: every check there is, one after the other, with a table at the end. CI runs this.
'use strict'

const path = require('node:path')
const { spawnSync } = require('node:child_process')

const ROOT = path.join(__dirname, '..')

const STEPS = [
  ['check', 'npm run check'],
  ['core', 'cargo test --no-default-features'],
  ['build', 'npm run build'],
  ['numbers', 'node --test __test__/truth.test.js'],
  ['behaviour', 'node scripts/run-tests.js'],
  ['heaps', 'node scripts/run-tests.js --mode native __test__/heap-diff.test.js __test__/open-heap.test.js ' +
    '__test__/drop-in.test.js __test__/open-snapshot.test.js __test__/cli.test.js'],
  ['background capture', 'node scripts/run-tests.js --mode native __test__/capture.test.js __test__/capture-storm.test.js ' +
    '__test__/write-snapshot.test.js __test__/heap-limit.test.js __test__/signal-handler.test.js'],
  // It tells of thousands of references in which our reading and V8's differ.
  ['reader', 'node --test --test-reporter=dot __test__/reader.test.js'],
  ['heaps in fallback mode', 'MEMWATCH_TEST_SMALL_HEAPS=1 node scripts/run-tests.js --mode fallback ' +
    '__test__/heap-diff.test.js __test__/open-heap.test.js'],
  ['report page', 'node --test __test__/report-page.test.js'],
  ['verdicts', 'node --test --test-concurrency=1 __test__/corpus.test.js __test__/native-leak.test.js'],
  ['package and types', 'node --test __test__/package.test.js __test__/types.test.js'],
  ['demo', 'node --test __test__/demo.test.js'],
  ['stress', 'node --test __test__/stress.test.js'],
  ['memcheck', 'npm run test:valgrind'],
  ['Node 18 to 26', 'npm run test:matrix -- --others']
]

const seconds = (since) => ((Date.now() - since) / 1000).toFixed(0)
const began = Date.now()
const rows = []
for (const [name, command] of STEPS) {
  process.stdout.write(`\n== ${name}: ${command}\n`)
  const since = Date.now()
  const { status } = spawnSync(command, { cwd: ROOT, shell: true, stdio: 'inherit' })
  rows.push(`${status === 0 ? 'passed' : 'FAILED'}  ${seconds(since).padStart(5)} s  ${name}`)
  if (status !== 0) {
    process.exitCode = 1
    break
  }
}
process.stdout.write(`\n${rows.join('\n')}\n${seconds(began)} s in all\n`)
