// Reads the command line: gives a command with checked options, or says what is wrong with it.
'use strict'

const { parseArgs } = require('node:util')
const binding = require('../../binding.js')

/** Commands, and which options they take besides `json`. */
const COMMANDS = {
  analyze: { options: ['count', 'html', 'show-strings'] },
  diff: { options: ['count', 'fail-on-growth', 'html'], files: [2, Infinity] },
  path: { options: ['count', 'show-strings'], hasNode: true },
  dominators: { options: ['show-strings'], hasNode: true },
  top: { options: ['count', 'show-strings'] },
  strings: { options: ['count', 'show-strings'] },
  replay: { options: ['detector'] },
  verify: { options: [], files: [2, 2] }
}

/** Where it is not 20. */
const DEFAULT_COUNTS = { path: '1' }

/** A wrong usage. */
class UsageError extends Error {}

/** @param {string[]} args what follows the name of the command */
function readArguments (command, args) {
  if (!Object.hasOwn(COMMANDS, command)) throw new UsageError(`there is no command ${command}`)
  const { options, files: [least, most] = [1, 1], hasNode = false } = COMMANDS[command]
  const { values, positionals } = parsed(args)
  for (const name of Object.keys(values)) {
    if (name !== 'json' && !options.includes(name)) throw new UsageError(`${command} takes no --${name}`)
  }
  if (values.json && values.html !== undefined) throw new UsageError('--html and --json do not go together')
  const node = hasNode ? nodeId(command, positionals.pop()) : null
  if (positionals.length < least || positionals.length > most) {
    throw new UsageError(`${command} takes ${least === 1 ? 'one file' : most === 2 ? 'two files' : 'two or more files'}`)
  }
  return {
    command,
    files: positionals,
    node,
    json: values.json === true,
    count: count(values.count ?? DEFAULT_COUNTS[command] ?? '20'),
    html: htmlFile(values.html),
    showStrings: values['show-strings'] === true,
    growthLimit: growthLimit(values['fail-on-growth']),
    detector: detector(values.detector)
  }
}

function parsed (args) {
  // `parseArgs` knows no option that may go without its value.
  const full = args.map((one) => one === '--fail-on-growth' ? '--fail-on-growth=1' : one)
  try {
    return parseArgs({
      args: full,
      options: {
        json: { type: 'boolean' },
        count: { type: 'string' },
        html: { type: 'string' },
        'show-strings': { type: 'boolean' },
        'fail-on-growth': { type: 'string' },
        detector: { type: 'string' }
      },
      allowPositionals: true
    })
  } catch (error) {
    throw new UsageError(error.message)
  }
}

function nodeId (command, text = '') {
  const [, digits] = /^@?(\d{1,15})$/.exec(text) ?? []
  if (digits === undefined) throw new UsageError(`${command} takes a file and the id of an object, like @123`)
  return Number(digits)
}

function count (text) {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (number < 1) throw new UsageError(`--count must be a positive number, not ${text}`)
  return number
}

function htmlFile (name) {
  if (name === '') throw new UsageError('--html takes the name of the file to write')
  return name ?? null
}

function growthLimit (text) {
  if (text === undefined) return null
  const bytes = binding.parseBytes(text)
  if (bytes === null) throw new UsageError(`--fail-on-growth must be a size like 10MB, not ${text}`)
  return bytes
}

function detector (name) {
  const names = binding.detectors()
  if (name !== undefined && !names.includes(name)) {
    throw new UsageError(`--detector must be one of ${names.join(', ')}, not ${name}`)
  }
  return name
}

module.exports = { UsageError, readArguments }
