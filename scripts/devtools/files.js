// Heap snapshots to compare on: of every Node.js that we support and an old one, of a Koa app under load,
// of a page in Chrome, and heaps made at random.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { execFileSync, fork } = require('node:child_process')
const { once } = require('node:events')
const autocannon = require('autocannon')
const { VERSIONS, installNode } = require('../install-node')
const { findChrome, writeChromeSnapshot } = require('./chrome')

const ROOT = path.join(__dirname, '..', '..')
const OLD_NODE = '12.22.12'
const CONNECTIONS = 50
const REQUESTS_BEFORE = 2000

/** @returns {Promise<{ title: string, file: string }[]>} files of real programs, written into `folder` */
async function writeRealHeaps (folder) {
  const files = []
  for (const version of [OLD_NODE, ...VERSIONS]) {
    const file = path.join(folder, `node-${version}.heapsnapshot`)
    execFileSync(installNode(version), [path.join(__dirname, 'program.js'), file], { env: plainEnvironment() })
    files.push({ title: `Node ${version}`, file })
  }
  files.push(await writeKoaHeap(path.join(folder, 'koa.heapsnapshot')))
  const chrome = findChrome()
  if (chrome === null) {
    process.stdout.write('no Chrome found: install Debian\'s `chromium`, or name one in CHROME\n')
  } else {
    const file = path.join(folder, 'chrome.heapsnapshot')
    files.push({ title: await writeChromeSnapshot(chrome, path.join(folder, 'profile'), file), file })
  }
  return files
}

async function writeKoaHeap (file) {
  const app = fork(path.join(__dirname, 'koa-app.js'), [file], { env: plainEnvironment() })
  try {
    const [{ port }] = await once(app, 'message')
    let answers = 0
    const load = autocannon({ url: `http://127.0.0.1:${port}/`, connections: CONNECTIONS, duration: 60 })
    load.on('response', () => { if (++answers === REQUESTS_BEFORE) app.send('snapshot') })
    const [{ written }] = await once(app, 'message')
    load.stop()
    await load
    if (written.pending === 0) throw new Error('no request was pending when the snapshot was taken')
    const title = `Koa, Node ${process.versions.node}, ${written.served} requests served and ${written.pending} pending`
    return { title, file }
  } finally {
    app.kill('SIGKILL')
  }
}

/** @returns {string[]} heaps made at random, and some of extreme shape */
function writeMadeHeaps (folder) {
  fs.mkdirSync(folder, { recursive: true })
  execFileSync('cargo', ['test', '--quiet', '--release', '--no-default-features', '--lib', '--', '--ignored',
    'made_heaps_are_written'], { cwd: ROOT, env: { ...process.env, MEMWATCH_MADE_HEAPS: folder } })
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.heapsnapshot')).sort()
  return files.map((name) => path.join(folder, name))
}

function plainEnvironment () {
  return { ...process.env, NODE_OPTIONS: '' }
}

module.exports = { writeRealHeaps, writeMadeHeaps }
