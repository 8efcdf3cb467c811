#!/usr/bin/env node
// Records the post-GC series of cases in traces/seed-N/, as the `stats` event tells them, while nobody listens to `leak`.
//
//   node corpus/record.js --only REGEX [--seed N] [--node PATH]
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { caseIds } = require('./lib/case-ids')
const { installPackages } = require('./lib/install-packages')
const { runCase } = require('./lib/run-case')
const { wholeNumber } = require('./lib/whole-number')

/** Milliseconds since the beginning, then bytes. `limit` is the heap's. */
const COLUMNS = ['ms', 'live', 'external', 'rss', 'limit']

async function record (id, { seed, node }) {
  const { error, node: version, readings } = await runCase(id, { seed, node })
  if (error !== undefined) throw new Error(`${id}: ${error}`)
  const folder = path.join(__dirname, 'traces', `seed-${seed}`)
  fs.mkdirSync(folder, { recursive: true })
  const trace = { id, node: version, columns: COLUMNS, series: readings }
  fs.writeFileSync(path.join(folder, `${id}.json`), JSON.stringify(trace) + '\n')
  process.stdout.write(`${id}: ${readings.length} full collections\n`)
}

async function main () {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      node: { type: 'string', default: process.execPath }
    }
  })
  // Recording all of them would replace the given traces: that has to be said.
  if (values.only === undefined) throw new Error('--only REGEX says which cases are recorded')
  const seed = wholeNumber(values.seed, 'seed')
  installPackages()
  for (const id of caseIds(values.only)) await record(id, { seed, node: values.node })
}

main().catch((error) => {
  process.stderr.write(`record: ${error.message}\n`)
  process.exitCode = 1
})
