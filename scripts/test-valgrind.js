// Runs valgrind-program.js under memcheck and fails when an error or a definite leak names our addon.
//
// Node has noise of its own: V8 scans stacks conservatively, which reads words that nobody wrote, and
// leaves some blocks behind at exit. None of it has our addon in its stack, so only stacks with a frame in
// `memwatch-rs.*.node` count. Two kinds are left out though they have one, each as narrowly as it goes:
//
// - V8's stack scan during a collection that we asked for (`memwatch.gc()`). The frames above ours say so.
// - napi-rs leaves behind, in each environment, a reference to the constructor of each class (40 bytes) and,
//   from Node 24.14 on, a threadsafe function of its own (some 970 bytes): it does not release one that
//   Node has closed, and Node frees it only then. Both are made while napi_register_module_v1 runs,
//   where we do nothing, and no more blocks pass than there are environments, times classes.
//
// What memcheck cannot see: V8's heap is mapped memory, so reading a dead object there is no error.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { ENVIRONMENTS } = require('./valgrind-program')

const PROGRAM = path.join(__dirname, 'valgrind-program.js')
// Some classes have two names.
const CLASSES = new Set(Object.entries(require('../binding.js'))
  .filter(([name]) => /^[A-Z]/.test(name)).map(([, value]) => value)).size
/** What napi-rs creates while it registers the addon, and how many blocks of it may be left. */
const LEFT_BY_NAPI = new Map([
  ['napi_create_reference', ENVIRONMENTS * CLASSES],
  ['napi_create_threadsafe_function', ENVIRONMENTS]
])
const ADDON = /(^|\/)memwatch-rs\.[^/]*\.node$/
const OPTIONS = [
  '--tool=memcheck',
  '--leak-check=full',
  '--show-leak-kinds=definite',
  '--errors-for-leak-kinds=definite',
  '--num-callers=40',
  '--error-limit=no',
  // V8 compiles at run time, and a worker's copy of the addon may be unloaded before the report.
  '--smc-check=all-non-file',
  '--keep-debuginfo=yes'
]

/** @returns {{ kind: string, text: string, blocks: number, frames: object[] }[]} */
function parseErrors (xml) {
  return [...xml.matchAll(/<error>(.*?)<\/error>/gs)].map(([, error]) => {
    const field = (name, text = error) => decode(text.match(new RegExp(`<${name}>(.*?)</${name}>`, 's'))?.[1] ?? '')
    const [stack] = error.match(/<stack>.*?<\/stack>/s) ?? ['']
    return {
      kind: field('kind'),
      text: field('what') || field('text'),
      blocks: Number(field('leakedblocks')),
      frames: [...stack.matchAll(/<frame>(.*?)<\/frame>/gs)].map(([, frame]) => ({
        object: field('obj', frame),
        name: field('fn', frame),
        place: [field('file', frame), field('line', frame)].filter(Boolean).join(':')
      }))
    }
  })
}

function decode (text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

const isOurs = ({ object, name }) => ADDON.test(object) || name.includes('memwatch_rs')

/** Whether an error is ours to answer for. */
function concernsUs ({ kind, blocks, frames }) {
  const first = frames.findIndex(isOurs)
  if (first < 0) return false
  const above = frames.slice(0, first)
  if (above.some(({ name }) => name.includes('IteratePointersInStack'))) return false
  const allowed = LEFT_BY_NAPI.get(above.at(-1)?.name) ?? 0
  const isNapis = kind === 'Leak_DefinitelyLost' &&
    frames.some(({ name }) => name === 'napi_register_module_v1')
  return !(isNapis && blocks <= allowed)
}

function describe ({ kind, text, frames }) {
  const stack = frames.slice(0, 20).map(({ object, name, place }) =>
    `    ${name || '?'} (${[place, path.basename(object)].filter(Boolean).join(', ')})`)
  return [`${kind}: ${text}`, ...stack].join('\n')
}

function main () {
  if (spawnSync('valgrind', ['--version']).error) {
    process.stderr.write('test-valgrind: NOT RUN, valgrind is not installed: `apt-get install valgrind` (Debian, ' +
      'Ubuntu) or `dnf install valgrind` (Fedora). In CI this is a failure.\n')
    return process.env.CI ? 1 : 0
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-memcheck-'))
  try {
    const report = path.join(folder, 'report.xml')
    const { status, signal, stdout, stderr } = spawnSync('valgrind',
      [...OPTIONS, '--xml=yes', `--xml-file=${report}`, process.execPath, '--expose-gc', PROGRAM],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, env: { ...process.env, NODE_OPTIONS: '' } })
    const xml = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : ''
    if (status !== 0 || stdout !== 'done\n' || !xml.includes('</valgrindoutput>')) {
      process.stderr.write(`test-valgrind: the program ended with ${signal ?? status}\n${stdout}${stderr}`)
      return 1
    }
    const errors = parseErrors(xml)
    const ours = errors.filter(concernsUs)
    for (const error of ours) process.stderr.write(`${describe(error)}\n\n`)
    process.stdout.write(`test-valgrind: ${ENVIRONMENTS} environments on Node ${process.version}: ` +
      `${ours.length} errors or definite leaks name the addon, ${errors.length - ours.length} are others'\n`)
    return ours.length === 0 ? 0 : 1
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

process.exitCode = main()
