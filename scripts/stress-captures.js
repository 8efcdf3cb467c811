// Captures of a program under storm, so many in a row on each version of Node: how many were right, at which attempt, and what
// became of the program.
//
//   node scripts/stress-captures.js [--node VERSION|PATH]... [--captures N]
//
// Versions are Node's, or their majors: all supported ones unless some are named.
'use strict'

const os = require('node:os')
const { parseArgs } = require('node:util')
const { executable, VERSIONS } = require('./install-node')
const { isRight, shortcomings, storm } = require('../__test__/capture-storm')

const USAGE = 'usage: stress-captures.js [--node VERSION|PATH]... [--captures N]\n'
const TELL_EVERY = 50
const MOST_TOLD = 20

function readArguments () {
  const { values } = parseArgs({
    options: { node: { type: 'string', multiple: true, default: VERSIONS }, captures: { type: 'string', default: '200' } }
  })
  const captures = Number(values.captures)
  if (!Number.isInteger(captures) || captures < 1) throw new Error(`--captures takes a number, not ${values.captures}`)
  return { nodes: values.node.map(executable), captures }
}

const print = (line) => process.stdout.write(`${line}\n`)

/** How often each text was there, most frequent first. */
function tally (texts) {
  const counts = new Map()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].sort((one, other) => other[1] - one[1]).map(([text, count]) => `${count} × ${text}`)
}

function quantiles (values) {
  const sorted = values.sort((one, other) => one - other)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)
  return sorted.length === 0 ? 'none' : `${at(0.5)} / ${at(0.99)} / ${at(1)}`
}

function printStorm (name, { captures, requests, descriptors, children, leftOut, spawnMs, collections }, seconds) {
  const done = captures.filter(({ failed }) => !failed)
  const right = captures.filter(isRight)
  const row = (title, text) => print(`${title.padEnd(38)}${text}`)
  print(`\n== ${name}, ${captures.length} captures in ${seconds} s`)
  row('right', `${right.length}, at the first attempt ${right.filter(({ attempts }) => attempts === 1).length}`)
  row('engine', tally(done.map(({ engine }) => engine)).join(', '))
  for (const reason of tally(done.flatMap(({ engineReason }) => engineReason ?? []))) row('', reason)
  row('attempts', tally(done.map(({ attempts }) => String(attempts))).join(', '))
  row('pauseMs, median / 99 % / longest', quantiles(done.map(({ pauseMs }) => pauseMs)))
  for (const as of ['classes', 'summary']) {
    row(`durationMs of '${as}'`, quantiles(done.filter((one) => one.as === as).map(({ durationMs }) => durationMs)))
  }
  row('requests answered / served / lost', `${requests.answered} / ${requests.served} / ${requests.lost.length}`)
  if (!descriptors) return
  row('collections', Object.entries(collections).map(([kind, count]) => `${count} ${kind}`).join(', '))
  row('descriptors before / after', `${descriptors.before} / ${descriptors.after}`)
  row('processes left', children || 'none')
  row('left out of forks', `${leftOut.bytes} of ${leftOut.heapBytes} bytes, ${leftOut.lostBytes} lost`)
  row("spawn('true'), median before / after", `${spawnMs.before.toFixed(2)} / ${spawnMs.after.toFixed(2)} ms, ratio ${(spawnMs.after / spawnMs.before).toFixed(2)}`)
}

async function main () {
  const { nodes, captures } = readArguments()
  print(`${os.cpus().length} × ${os.cpus()[0].model}, ${os.type()} ${os.release()}`)
  let failed = false
  for (const [name, node] of nodes) {
    const began = Date.now()
    let done = 0
    const onCapture = () => {
      if (++done % TELL_EVERY === 0 && process.stderr.isTTY) process.stderr.write(`${name}: ${done} of ${captures}\r`)
    }
    const result = await storm({ captures, node, onCapture })
    printStorm(name, result, ((Date.now() - began) / 1000).toFixed(0))
    const wrong = shortcomings(result, captures)
    for (const line of wrong.slice(0, MOST_TOLD)) print(`FAILED: ${line}`)
    if (wrong.length > MOST_TOLD) print(`FAILED: ${wrong.length - MOST_TOLD} more`)
    failed ||= wrong.length > 0
  }
  return failed ? 1 : 0
}

main().then((code) => { process.exitCode = code }, (error) => {
  process.stderr.write(`stress-captures: ${error.message}\n${USAGE}`)
  process.exitCode = 2
})
