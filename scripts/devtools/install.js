// Chrome DevTools' own code for heap snapshots, installed from npm into `.devtools/` once and bundled
// for Node.js.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { pathToFileURL } = require('node:url')

const CACHE = path.join(__dirname, '..', '..', '.devtools')
const PACKAGES = { 'chrome-devtools-frontend': '1.0.1705227', esbuild: '0.28.2' }
const BUNDLE = path.join(CACHE, 'heap-snapshot.mjs')

const ENTRY = `
export * as HeapSnapshot from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.js'
export * as HeapSnapshotLoader from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/HeapSnapshotLoader.js'
`

/** A file that DevTools' own build generates. */
const LOCALES = `
export const BUNDLED_LOCALES = ['en-US'], LOCALES = ['en-US'], DEFAULT_LOCALE = 'en-US'
export const LOCAL_FETCH_PATTERN = '', REMOTE_FETCH_PATTERN = ''
`

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
  await bundle()
  // Code of the front end expects a browser's globals, and Node 22's promises.
  globalThis.self ??= globalThis
  Promise.withResolvers ??= withResolvers
  return import(pathToFileURL(BUNDLE))
}

function installedVersion (name) {
  const file = path.join(CACHE, 'node_modules', name, 'package.json')
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : null
}

async function bundle () {
  const esbuild = require(path.join(CACHE, 'node_modules', 'esbuild'))
  const locales = {
    name: 'locales',
    setup (build) {
      build.onResolve({ filter: /locales\.js$/ }, () => ({ path: 'locales', namespace: 'generated' }))
      build.onLoad({ filter: /./, namespace: 'generated' }, () => ({ contents: LOCALES }))
    }
  }
  await esbuild.build({
    stdin: { contents: ENTRY, resolveDir: CACHE },
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [locales],
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
  })
}

function withResolvers () {
  const all = {}
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }))
  return all
}

module.exports = { CACHE, installDevTools }
