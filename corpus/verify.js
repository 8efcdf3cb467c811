#!/usr/bin/env node
// Whether cases are what they say: with forced collections and no churn, what is left at eight checkpoints keeps growing when the
// case leaks, and does not when it is benign.
//
//   node corpus/verify.js [--only REGEX]
'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { caseIds } = require('./lib/case-ids')
const { installPackages } = require('./lib/install-packages')

const PROGRAM = path.join(__dirname, 'lib', 'verify-program.js')
const LONGEST_MS = 60000
/** Ramps and warm-ups are over by then. */
const JUDGED_RISES = 4
/** The slowest of the judged rises, as a share of what was there before. */
const LEAST_RISE_OF_LEAK = 0.003
const MOST_RISE_OF_BENIGN = 0.01

function checkpointsOf (id) {
  const { status, signal, output } = spawnSync(process.execPath, ['--expose-gc', '--no-warnings', PROGRAM, id],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: LONGEST_MS })
  if (status !== 0) throw new Error(`${id} ended by ${signal ?? `code ${status}`}: ${output[2]}`)
  return JSON.parse(output[3])
}

function slowestRise (bytes) {
  const rises = bytes.slice(1).map((later, i) => later / bytes[i] - 1)
  return Math.min(...rises.slice(-JUDGED_RISES))
}

function isAsItSays ({ kind, bytes }) {
  const rise = slowestRise(bytes)
  return kind === 'leak' ? rise > LEAST_RISE_OF_LEAK : rise <= MOST_RISE_OF_BENIGN
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(2)

function main () {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  installPackages()
  for (const id of caseIds(values.only)) {
    const checkpoints = checkpointsOf(id)
    const isRight = isAsItSays(checkpoints)
    const { bytes, bytesPerStep, microsecondsPerStep } = checkpoints
    process.stdout.write(`${isRight ? 'ok   ' : 'WRONG'}  ${id.padEnd(36)}  ${bytes.map(megabytes).join(' ')} MB, ${bytesPerStep} bytes and ${microsecondsPerStep} µs a step\n`)
    if (!isRight) process.exitCode = 1
  }
}

try {
  main()
} catch (error) {
  process.stderr.write(`verify: ${error.message}\n`)
  process.exitCode = 1
}
