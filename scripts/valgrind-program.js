// What test-valgrind.js runs under valgrind: everything of the addon that owns memory, a few times. The
// main thread and its workers collect with hooks, listeners, the trace and the flight recorder on; some
// workers are terminated in the middle of it, some end by themselves.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { once } = require('node:events')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

const WORKERS = 4
/** The main thread and its workers. */
const ENVIRONMENTS = 1 + WORKERS

let memwatch

function listen (folder) {
  memwatch.configure({ capacity: 64, threshold: '1 KB', recorder: path.join(folder, 'ring-%p-%t.memwatch') })
  const stopTrace = memwatch.traceGc({ write () {} })
  memwatch.on('stats', () => {})
  memwatch.on('leak', () => {})
  return stopTrace
}

async function collect (rounds) {
  for (let round = 0; round < rounds; round++) {
    globalThis.gc({ type: 'minor' })
    globalThis.gc()
    memwatch.gc()
    memwatch.stats()
    memwatch.history()
    memwatch.history({ as: 'columns' })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function inWorker () {
  listen(workerData.folder)
  await collect(1)
  parentPort.postMessage('collecting')
  if (workerData.endless) await collect(Infinity)
  await collect(1)
}

async function inMain () {
  if (memwatch.mode !== 'native') throw new Error(`not native: ${memwatch.fallbackReason}`)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-valgrind-'))
  const stopTrace = listen(folder)
  await collect(2)
  for (let at = 0; at < WORKERS; at++) {
    const endless = at % 2 === 0
    const worker = new Worker(__filename, { workerData: { folder, endless } })
    worker.on('error', (error) => { throw error })
    const exited = once(worker, 'exit')
    await once(worker, 'message')
    await collect(1)
    if (endless) await worker.terminate()
    await exited
  }
  // Errors, other sizes, a stop and a new start take other ways through the addon.
  try {
    memwatch.configure({ recorder: os.tmpdir() })
  } catch {}
  memwatch.configure({ capacity: 16, recorder: null, threshold: null })
  stopTrace()
  memwatch.stop()
  memwatch.start()
  await collect(1)
  memwatch.removeAllListeners()
  memwatch.stop()
  fs.rmSync(folder, { recursive: true })
  process.stdout.write('done\n')
}

// Required by test-valgrind.js for the number alone.
if (require.main === module || !isMainThread) {
  memwatch = require('..')
  if (isMainThread) inMain()
  else inWorker()
}

module.exports = { ENVIRONMENTS }
