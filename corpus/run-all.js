#!/usr/bin/env node
// Runs the cases of the corpus against a detector, each in a fresh process, and tells how right it was.
//
//   node corpus/run-all.js [--seed 1,2,3] [--only REGEX] [--jobs N] [--detector NAME] [--node PATH] [--json FILE]
//
// Ends with 1 when a case fails, or when the default detector is not good enough over all cases; with 2 when it cannot run.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { caseIds } = require('./lib/case-ids')
const { installPackages } = require('./lib/install-packages')
const { progressLine, report } = require('./lib/report')
const { runCase } = require('./lib/run-case')
const { isGoodEnough, score } = require('./lib/score')
const { wholeNumber } = require('./lib/whole-number')

const DEFAULT_DETECTOR = 'memwatch-rs'
const DETECTORS = fs.readdirSync(path.join(__dirname, 'detectors')).map((file) => path.basename(file, '.js'))
const USAGE = 'usage: run-all.js [--seed 1,2,3] [--only REGEX] [--jobs N] [--detector NAME] [--node PATH] [--json FILE]\n'

function readArguments () {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      detector: { type: 'string', default: DEFAULT_DETECTOR },
      node: { type: 'string', default: process.execPath },
      json: { type: 'string' }
    }
  })
  if (!DETECTORS.includes(values.detector)) throw new Error(`--detector takes one of ${DETECTORS.join(', ')}`)
  const ids = caseIds(values.only)
  if (ids.length === 0) throw new Error(`no case matches ${values.only}`)
  const seeds = values.seed.split(',').map((seed) => wholeNumber(seed, 'seed'))
  return { ...values, ids, seeds, jobs: wholeNumber(values.jobs, 'jobs') }
}

/** So many cases at a time, in order. */
async function runCases ({ ids, seeds, jobs, detector, node }) {
  const runs = seeds.flatMap((seed) => ids.map((id) => ({ id, seed })))
  const results = new Array(runs.length)
  let next = 0
  const work = async () => {
    while (next < runs.length) {
      const at = next++
      const { id, seed } = runs[at]
      results[at] = await runCase(id, { seed, detector, node })
      process.stderr.write(`${progressLine(results[at])}\n`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return results
}

function writeJson (file, { detector, seeds }, results) {
  const bySeed = seeds.map((seed) => ({ seed, ...score(results.filter((result) => result.seed === seed)) }))
  fs.writeFileSync(file, JSON.stringify({ detector, total: score(results), bySeed, results }) + '\n')
}

async function main () {
  const options = readArguments()
  installPackages()
  const results = await runCases(options)
  process.stdout.write(`\n${report(results)}\n`)
  if (options.json !== undefined) writeJson(options.json, options, results)
  const total = score(results)
  const isJudged = options.detector === DEFAULT_DETECTOR && options.ids.length === caseIds().length
  return total.errors > 0 || (isJudged && !isGoodEnough(total)) ? 1 : 0
}

main().then((code) => { process.exitCode = code }, (error) => {
  process.stderr.write(`run-all: ${error.message}\n${USAGE}`)
  process.exitCode = 2
})
