#!/usr/bin/env node
// Turns what `run-all.js --json FILE` wrote into the table of docs/heuristics.md: a row a case, and beside the detector that ran the
// baselines, each over the very same readings.
//
//   node corpus/table.js FILE
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { orDash, rounded } = require('./lib/report')
const { score } = require('./lib/score')

const BASELINES = ['classic', 'ols', 'mann-kendall']
const LIVE_BYTES = 1

/** When a rule first sees a leak, or `null`. */
function firstLeakAt ({ createRule }, readings) {
  const seesLeak = createRule()
  const at = readings.findIndex((reading) => seesLeak(reading[LIVE_BYTES]))
  return at === -1 ? null : at + 1
}

function table (results) {
  const done = results.filter(({ error }) => error === undefined)
  const seeds = [...new Set(done.map(({ seed }) => seed))]
  const byRule = Object.fromEntries(BASELINES.map((name) => {
    const rule = require(path.join(__dirname, 'detectors', name))
    return [name, done.map((result) => ({ ...result, firstLeakAt: firstLeakAt(rule, result.readings) }))]
  }))
  const ofCase = (all, id) => seeds.map((seed) => all.find((one) => one.id === id && one.seed === seed)).filter(Boolean)
  const ids = [...new Set(done.map(({ id }) => id))]
  const rows = ids.map((id) => {
    const runs = ofCase(done, id)
    return [
      `\`${id}\``,
      runs[0].kind,
      runs.map((run) => orDash(run.firstSuspectAt)).join(', '),
      runs.map((run) => orDash(run.firstLeakAt)).join(', '),
      runs.map((run) => orDash(run.finalState)).join(', '),
      ...BASELINES.map((name) => ofCase(byRule[name], id).map((run) => orDash(run.firstLeakAt)).join(', '))
    ]
  })
  const total = (name, all) => {
    const { precision, recall } = score(all)
    return `| ${name} | ${rounded(precision)} | ${rounded(recall)} | ${seeds.map((seed) => {
      const ofSeed = score(all.filter((one) => one.seed === seed))
      return `${rounded(ofSeed.precision)}, ${rounded(ofSeed.recall)}`
    }).join(' | ')} |`
  }
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    line(['', 'precision', 'recall', ...seeds.map((seed) => `seed ${seed}`)]),
    line(['---', '---', '---', ...seeds.map(() => '---')]),
    total('`trend`, live', done),
    ...BASELINES.map((name) => total(`\`${name}\``, byRule[name])),
    '',
    line(['case', 'is', 'suspect at', 'leak at', 'last state', ...BASELINES.map((name) => `\`${name}\``)]),
    line(new Array(5 + BASELINES.length).fill('---')),
    ...rows.map(line)
  ].join('\n')
}

const [file] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('usage: table.js FILE\n')
  process.exitCode = 2
} else {
  process.stdout.write(`${table(JSON.parse(fs.readFileSync(file, 'utf8')).results)}\n`)
}
