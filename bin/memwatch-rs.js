#!/usr/bin/env node
// The command line: `memwatch-rs postmortem FILE`.
'use strict'

const binding = require('../binding.js')

const USAGE = `usage: memwatch-rs postmortem FILE

  postmortem FILE   the last trend in a flight recording (configure({ recorder: FILE }))
`

function main (args) {
  const [command, ...rest] = args
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(USAGE)
    return command === undefined ? 2 : 0
  }
  if (command === '--version') {
    process.stdout.write(`${require('../package.json').version}\n`)
    return 0
  }
  if (command !== 'postmortem' || rest.length !== 1) {
    process.stderr.write(USAGE)
    return 2
  }
  try {
    process.stdout.write(binding.postmortem(rest[0]))
    return 0
  } catch (error) {
    process.stderr.write(`memwatch-rs: ${error.message} (${error.code})\n`)
    return 1
  }
}

process.exitCode = main(process.argv.slice(2))
