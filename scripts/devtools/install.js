// Chrome DevTools' own code for heap snapshots, installed from npm into `.devtools/` once and bundled
// for Node.js.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const CACHE = path.join(__dirname, '..', '..', '.devtools')
const PACKAGES = { 'chrome-devtools-frontend': '1.0.1705227', esbuild: '0.28.2' }
const BUNDLE = path.join(CACHE, 'heap-snapshot.mjs')

/** @returns {Promise<{ HeapSnapshot: object, HeapSnapshotLoader: object }>} DevTools' modules */
async function installDevTools () {
  const isInstalled = Object.entries(PACKAGES).every(([name, version]) => installedVersion(name) === version)
  if (!isInstalled) {
    const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`)
    process.stdout.write(`installing ${wanted.join(' and ')}\n`)
    fs.mkdirSync(CACHE, { recursive: true })
    // A package.json of its own: npm would else look for one further up and change ours.
    fs.writeFileSync(path.join(CACHE, 'package.json'), '{ "private": true }\n')
    const { status, stderr } = spawnSync('npm', ['install', '--prefix', CACHE, '--ignore-scripts', '--no-package-lock',
      '--no-audit', '--no-fund', ...wanted], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`DevTools could not be installed\n${stderr}`)
  }
  const { bundle, importDevTools } = await import('../../benches/devtools.mjs')
  await bundle(CACHE, BUNDLE)
  return importDevTools(BUNDLE)
}

function installedVersion (name) {
  const file = path.join(CACHE, 'node_modules', name, 'package.json')
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : null
}

module.exports = { CACHE, installDevTools }
