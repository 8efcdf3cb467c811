// What opening a snapshot file costs, dominators, all retained sizes and classes included, against other tools and
// against the floor: reading the file and looking at each number of its nodes and edges once.
//
// node benches/analyze.js [--markdown] [--rounds=N] [--only=9,138,545,1366] [--tools=floor,engine,…] [--file=PATH]…
//   [--folder=DIR] [--timeout=SECONDS] [--node=PATH]
//
// The files are made at first, of as many megabytes as named, in `--folder` (a temporary one by default, which is
// removed): 1,366 MB take minutes and 7 GB of memory to write. What takes longer than the timeout is not tried again.
'use strict'

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')

const { median, shuffled } = require('./confidence')
const { ANALYZE_FOLDER, availableAnalyzers } = require('./peers')
const { print } = require('./table')

const ROOT = path.join(__dirname, '..')
const HEAP = '--max-old-space-size=12000'
/** By name: how it is called in the table, and the packages it needs. */
const TOOLS = {
  floor: { label: 'floor: read, look at each number' },
  engine: { label: 'memwatch-rs, the engine alone' },
  ours: { label: 'memwatch-rs, `openSnapshot` in Node.js' },
  memlab: { label: 'memlab', packages: ['@memlab/core', '@memlab/heap-analysis'] },
  devtools: { label: 'Chrome DevTools\' code, two threads', packages: ['chrome-devtools-frontend', 'esbuild'] },
  toolkit: { label: 'heap-snapshot-toolkit', packages: ['heap-snapshot-toolkit'] },
  vscode: { label: '@vscode/v8-heap-parser', packages: ['@vscode/v8-heap-parser'] }
}

async function main () {
  const { values } = parseArgs({
    options: {
      markdown: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '9,138,545,1366' },
      tools: { type: 'string', default: Object.keys(TOOLS).join(',') },
      file: { type: 'string', multiple: true, default: [] },
      folder: { type: 'string' },
      timeout: { type: 'string', default: '300' },
      node: { type: 'string', default: process.execPath }
    }
  })
  const [rounds, timeout] = [Number(values.rounds), Number(values.timeout)]
  if (!(rounds >= 1)) throw new Error('--rounds takes a number from 1 on')
  if (!(timeout > 0)) throw new Error('--timeout takes seconds')
  const say = (text) => process.stdout.write(values.markdown ? `${text}.\n\n` : `${text}\n`)
  const cpus = os.cpus()
  const version = spawnSync(values.node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  say(`${cpus.length} × ${cpus[0].model.trim()}, ${os.type()} ${os.release()} ${os.arch()}, Node ${version}, ` +
    new Date().toISOString().slice(0, 10))
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-rs-bench-'))
  try {
    const tools = installed(values.tools.split(','))
    const commands = await commandsOf(tools, values.node, scratch)
    const files = values.file.length > 0 ? values.file : generated(values.only.split(','), values.folder ?? scratch, values.node)
    say(`load average before: ${loadAverage()}`)
    for (const file of files) {
      spawnSync('cat', [file], { stdio: 'ignore' }) // into the system's cache, for all alike
      print(compared(file, await measure(file, commands, rounds, timeout), rounds), values.markdown)
    }
    say(`load average at the end: ${loadAverage()}`)
  } finally {
    fs.rmSync(scratch, { recursive: true })
  }
}

const loadAverage = () => os.loadavg().map((load) => load.toFixed(2)).join(' ')

function installed (names) {
  const unknown = names.find((name) => TOOLS[name] === undefined)
  if (unknown !== undefined) throw new Error(`--tools takes ${Object.keys(TOOLS).join(', ')}`)
  const packages = names.flatMap((name) => TOOLS[name].packages ?? [])
  const there = availableAnalyzers(packages)
  return names.filter((name) => {
    const missing = (TOOLS[name].packages ?? []).find((one) => !there.has(one))
    if (missing !== undefined) process.stderr.write(`${missing} could not be installed; ${name} is left out\n`)
    return missing === undefined
  })
}

/** By tool: the command to which a file is added. */
async function commandsOf (tools, node, scratch) {
  const commands = {}
  for (const tool of tools) {
    if (tool === 'floor' || tool === 'engine') {
      commands[tool] = [example(tool === 'floor' ? 'measure_floor' : 'measure_heap')]
    } else {
      commands[tool] = [node, HEAP, path.join(__dirname, 'analyze-tool.mjs'), tool]
    }
  }
  if (commands.devtools) {
    commands.bundle = path.join(scratch, 'devtools.mjs')
    const { bundle } = await import('./devtools.mjs')
    await bundle(ANALYZE_FOLDER, commands.bundle)
  }
  return commands
}

/** Builds an example; its executable. */
function example (name) {
  const { status, stdout, stderr } = spawnSync('cargo',
    ['build', '--release', '--no-default-features', '--example', name, '--message-format=json'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(stderr)
  const messages = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  return messages.find((message) => message.executable && message.target.name === name).executable
}

function generated (megabytes, folder, node) {
  return megabytes.map((size) => {
    if (!(Number(size) > 0)) throw new Error('--only takes megabytes')
    const file = path.join(folder, `${size}.heapsnapshot`)
    if (!fs.existsSync(file)) {
      process.stderr.write(`writing a snapshot of ${size} MB\n`)
      const child = spawnSync(node, ['--expose-gc', HEAP, path.join(__dirname, 'analyze-heap.js'), size, file], { stdio: 'inherit' })
      if (child.status !== 0) throw new Error(`no snapshot of ${size} MB could be written`)
    }
    return file
  })
}

/** Results by tool; what fails or takes too long has `failure` in its last one. */
async function measure (file, { bundle, ...commands }, rounds, timeout) {
  const results = Object.fromEntries(Object.keys(commands).map((tool) => [tool, []]))
  for (let round = 0; round < rounds; round++) {
    for (const tool of shuffled(Object.keys(commands))) {
      if (results[tool].some((one) => one.failure)) continue
      const more = tool === 'devtools' ? [bundle] : []
      results[tool].push(await run([...commands[tool], file, ...more], timeout))
    }
  }
  return results
}

/** One process. The shell's own clock counts the processor time of all its threads, to the millisecond. */
async function run (command, timeout) {
  const shell = spawn('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null', 'bash', ...command],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = ['', '']
  shell.stdout.on('data', (text) => { said[0] += text })
  shell.stderr.on('data', (text) => { said[1] += text })
  let failure = null
  const timer = setTimeout(() => {
    failure = `more than ${timeout} s`
    process.kill(-shell.pid, 'SIGKILL')
  }, timeout * 1000)
  const status = await new Promise((resolve) => shell.once('close', resolve))
  clearTimeout(timer)
  if (failure === null && status !== 0) failure = 'fails'
  if (failure !== null) return { failure }
  const [wall, user, system] = said[1].trim().split('\n').at(-1).split(' ').map(Number)
  return { wall, cpu: user + system, peakMb: JSON.parse(said[0].trim().split('\n').at(-1)).peak_mb }
}

function compared (file, results, rounds) {
  const megabytes = fs.statSync(file).size / 1e6
  const of = (tool, field) => {
    const all = results[tool] ?? []
    return all.length === 0 || all.some((one) => one.failure) ? NaN : median(all.map((one) => one[field]))
  }
  const ratio = (tool, field, base) => shown(of(tool, field) / of(base, field), 2)
  const rows = Object.keys(results).map((tool) => {
    const { failure } = results[tool].at(-1)
    if (failure) return [TOOLS[tool].label, failure, ...Array(7).fill('')]
    return [TOOLS[tool].label, shown(of(tool, 'wall'), 2), shown(of(tool, 'cpu'), 2), shown(of(tool, 'peakMb'), 0),
      ratio(tool, 'wall', 'floor'), ratio(tool, 'cpu', 'floor'), shown(of(tool, 'peakMb') * 1.048576 / megabytes, 2),
      ratio(tool, 'wall', 'ours'), ratio(tool, 'cpu', 'ours')]
  })
  return {
    title: `A file of ${megabytes.toFixed(0)} MB`,
    note: `medians of ${rounds} processes each, in random order; times in seconds, memory at its peak; load average ${loadAverage()}`,
    head: ['tool', 'wall', 'CPU', 'peak, MiB', 'wall / floor\'s', 'CPU / floor\'s', 'peak / file', 'wall / ours', 'CPU / ours'],
    rows
  }
}

const shown = (value, digits) => Number.isNaN(value) ? '' : value.toFixed(digits)

main()
