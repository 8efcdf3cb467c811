// Runs a program and keeps what it prints: for who runs several at a time, or tells at the end what failed.
'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')

/** The first line of an error, as the runners of Node's and of Rust's tests, the compilers and the linters print it. */
const ERROR = /(^|[ [])\w*Error( \[\w+\])?:|^\s*error(\[\w+\])?:|panicked at|^\s*\d+:\d+\s+error /
/** Of an error the lines that tell what was expected, and of a program so many errors. */
const ERROR_LINES = 12
const ERRORS = 3
const LINE_LENGTH = 300

/** @returns {Promise<{ passed: boolean, output: string }>} when it has ended; its signal comes last, if that is what ended it */
async function collect (command, args, { onOutput = () => {}, ...options }) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const add = (text) => {
    output += text
    onOutput(text)
  }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', add)
  const [status, signal] = await once(child, 'close')
  return { passed: status === 0, output: `${output}${signal ?? ''}` }
}

/** What a program that failed says of it: its last errors, each cut to a few lines; its last lines where there are none. */
function errorsIn (output) {
  const lines = output.trimEnd().split('\n').map((line) => line.slice(0, LINE_LENGTH))
  const starts = []
  for (const [at, line] of lines.entries()) {
    if (ERROR.test(line) && !(at < starts.at(-1) + ERROR_LINES)) starts.push(at)
  }
  if (starts.length === 0) return lines.slice(-ERROR_LINES).join('\n')
  return starts.slice(-ERRORS).map((at) => lines.slice(at, at + ERROR_LINES).join('\n')).join('\n…\n')
}

module.exports = { collect, errorsIn }
