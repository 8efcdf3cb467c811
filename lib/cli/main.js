// The command line: one command, its text or JSON to standard output, everything else to standard error.
'use strict'

const path = require('node:path')
const binding = require('../../binding.js')
const { Snapshot, nativeComparison, openSnapshot, watched } = require('../open-snapshot')
const { toLeak } = require('../leak')
const { writePage } = require('../report/write-page')
const { UsageError, readArguments } = require('./arguments')
const { progressBar } = require('./progress-bar')
const { USAGE, DONE, FAILED, GROWN, UNDECIDED, WRONG_USAGE } = require('./usage')

/** @returns {Promise<number>} the exit code */
async function main ([command, ...rest]) {
  try {
    if (command === undefined) throw new UsageError('a command is missing')
    if (['--help', '-h', 'help'].includes(command) || rest.includes('--help')) return print(USAGE)
    if (command === '--version') return print(`${require('../../package.json').version}\n`)
    if (command === 'postmortem') return postmortem(rest)
    const options = readArguments(command, rest)
    const answer = { diff, replay, verify }[options.command] ?? ask
    return await answer(options)
  } catch (error) {
    return complain(error)
  }
}

function postmortem (files) {
  if (files.length !== 1) throw new UsageError('postmortem takes one file')
  return print(binding.postmortem(files[0]))
}

/** What one snapshot is asked: as JSON, what the API gives; as text, what the addon writes. */
const QUESTIONS = {
  analyze: {
    json: (snapshot, { showStrings }) => ({
      nodeCount: snapshot.nodeCount,
      edgeCount: snapshot.edgeCount,
      totalSize: snapshot.totalSize,
      rootRetainedSize: snapshot.rootRetainedSize,
      classes: snapshot.classes(),
      suspects: snapshot.suspects({ showStrings })
    }),
    text: (native, { count, showStrings }) => native.summaryText(count, showStrings)
  },
  path: {
    json: (snapshot, { node, count, showStrings }) => count === 1
      ? snapshot.path(node, { showStrings })
      : snapshot.paths(node, { count, showStrings }),
    text: (native, { node, count, showStrings }) => count === 1
      ? native.pathText(node, showStrings)
      : watched({}, (cancellation) => native.pathsText(node, count, showStrings, cancellation))
  },
  dominators: {
    json: (snapshot, { node, showStrings }) => snapshot.dominators(node, { showStrings }),
    text: (native, { node, showStrings }) => native.dominatorsText(node, showStrings)
  },
  top: {
    json: (snapshot, { count, showStrings }) => snapshot.biggest({ count, showStrings }),
    text: (native, { count, showStrings }) => native.biggestText(count, showStrings)
  },
  strings: {
    json: (snapshot, { count, showStrings }) => snapshot.duplicateStrings({ count, showStrings }),
    text: (native, { count, showStrings }) => native.duplicateStringsText(count, showStrings)
  }
}

async function ask (options) {
  const snapshot = await withBar((watch) => openSnapshot(options.files[0], watch))
  if (options.html !== null) return writeReport(snapshot, options)
  const { json, text } = QUESTIONS[options.command]
  if (options.json) return printJson(await json(snapshot, options))
  return print(await text(Snapshot.native(snapshot), options))
}

async function writeReport (snapshot, options) {
  const overview = await Snapshot.native(snapshot).overview(options.showStrings)
  const written = writePage(options.html, 'heap', {
    file: path.basename(options.files[0]),
    showStrings: options.showStrings,
    ...QUESTIONS.analyze.json(snapshot, options),
    overview
  })
  return print(`wrote ${written}\n`)
}

async function diff ({ files, json, html, count, growthLimit }) {
  const comparison = await withBar((watch) => nativeComparison(files, watch))
  const result = comparison.result()
  if (html !== null) print(`wrote ${writePage(html, 'diff', { files: files.map((file) => path.basename(file)), ...result })}\n`)
  else if (json) printJson(result)
  else print(comparison.text(count))
  return growthLimit !== null && result.growth >= growthLimit ? GROWN : DONE
}

function replay ({ files, json, detector }) {
  const { text, reports, ...result } = binding.replay(files[0], detector)
  if (json) printJson({ ...result, reports: reports.map((report) => ({ ...report, leak: toLeak(report.leak) })) })
  else print(text)
  return result.foundLeak ? GROWN : DONE
}

/** Exit codes by verdict. */
const VERDICTS = { fixed: DONE, better: GROWN, 'not fixed': GROWN, 'cannot tell': UNDECIDED }

function verify ({ files, json }) {
  const { text, ...result } = binding.verify(...files)
  if (json) printJson(result)
  else print(text)
  return VERDICTS[result.verdict]
}

async function withBar (work) {
  const { onProgress, end } = progressBar(process.stderr)
  try {
    return await work({ onProgress })
  } finally {
    end()
  }
}

function print (text) {
  process.stdout.write(text)
  return DONE
}

function printJson (value) {
  return print(`${JSON.stringify(value, null, 2)}\n`)
}

function complain (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`memwatch-rs: ${error.message}\n\n${USAGE}`)
    return WRONG_USAGE
  }
  process.stderr.write(`memwatch-rs: ${error.message} (${error.code})\n`)
  return FAILED
}

module.exports = { main }
