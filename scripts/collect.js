// Runs a program and keeps what it prints: for who runs several at a time.
'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')

/** @returns {Promise<{ passed: boolean, output: string }>} when it has ended; its signal comes last, if that is what ended it */
async function collect (command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text })
  const [status, signal] = await once(child, 'close')
  return { passed: status === 0, output: `${output}${signal ?? ''}` }
}

module.exports = { collect }
