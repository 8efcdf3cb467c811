// `npm test`: every check there is, with a table at the end and the errors of what failed. CI runs this.
'use strict'

const path = require('node:path')
const { collect, errorsIn } = require('./collect')

const ROOT = path.join(__dirname, '..')

/** One after the other. Those of one line run at the same time: each of them leaves a processor idle. */
const STEPS = [
  [['check', 'npm run check'], ['build', 'npm run build']],
  [['core', 'cargo test --no-default-features']],
  [['numbers', 'node --test __test__/truth.test.js']],
  [['behaviour', 'node scripts/run-tests.js']],
  [['heaps', 'node scripts/run-tests.js --mode native __test__/heap-diff.test.js __test__/open-heap.test.js ' +
    '__test__/drop-in.test.js __test__/open-snapshot.test.js __test__/cli.test.js __test__/verify.test.js']],
  [['background capture', 'node scripts/run-tests.js --mode native __test__/capture.test.js __test__/capture-storm.test.js ' +
    '__test__/write-snapshot.test.js __test__/heap-limit.test.js __test__/signal-handler.test.js']],
  // It tells of thousands of references in which our reading and V8's differ.
  [['reader', 'node --test --test-reporter=dot __test__/reader.test.js'],
    ['heaps in fallback mode', 'node scripts/run-tests.js --mode fallback --files-at-once 1 ' +
      '__test__/heap-diff.test.js __test__/open-heap.test.js']],
  [['report page', 'node --test __test__/report-page.test.js'], ['package and types', 'node --test __test__/package.test.js __test__/types.test.js']],
  [['verdicts', 'node --test __test__/corpus.test.js'], ['native leak', 'node --test __test__/native-leak.test.js']],
  [['demo', 'node --test __test__/demo.test.js']],
  [['stress', 'node --test __test__/stress.test.js'], ['memcheck', 'npm run test:valgrind']],
  [['Node 18 to 26', 'npm run test:matrix -- --others']]
]

const seconds = (since) => ((Date.now() - since) / 1000).toFixed(0)
const began = Date.now()
const rows = []
const errors = []

/** @returns {Promise<boolean>} whether it passed. What it prints comes at its end, if others print meanwhile */
async function run ([name, command], isAlone) {
  const since = Date.now()
  const title = `\n== ${name}: ${command}\n`
  const print = (text) => process.stdout.write(text)
  if (isAlone) print(title)
  const { passed, output } = await collect(command, [], { cwd: ROOT, shell: true, onOutput: isAlone ? print : undefined })
  if (!isAlone) print(title + output)
  rows.push(`${passed ? 'passed' : 'FAILED'}  ${seconds(since).padStart(5)} s  ${name}`)
  if (!passed) errors.push(`\n${name}:\n${errorsIn(output)}\n`)
  return passed
}

async function main () {
  for (const steps of STEPS) {
    const passed = await Promise.all(steps.map((step) => run(step, steps.length === 1)))
    if (passed.includes(false)) {
      process.exitCode = 1
      break
    }
  }
  process.stdout.write(`\n${rows.join('\n')}\n${seconds(began)} s in all\n${errors.join('')}`)
}

main()
