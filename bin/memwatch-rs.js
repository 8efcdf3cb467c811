#!/usr/bin/env node
// The command line: `memwatch-rs --help` tells what it takes.
'use strict'

const { main } = require('../lib/cli/main')

// Whoever reads may stop reading, as `head` does.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error
})

main(process.argv.slice(2)).then((code) => { process.exitCode = code })
