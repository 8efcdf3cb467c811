// Installs the packages that the benchmark compares with, when it first needs them.
'use strict'

const { spawnSync } = require('node:child_process')
const { existsSync } = require('node:fs')
const path = require('node:path')

const FOLDER = path.join(__dirname, 'peers')

/** Whether a peer is there and loads. Loading happens in a child: a native peer may crash. */
function loads (name) {
  const module = path.join(FOLDER, 'node_modules', name)
  const child = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(module)})`], { stdio: 'ignore' })
  return child.status === 0
}

/**
 * Those of the named packages that can be measured; the others are told of on standard error.
 *
 * @param {string[]} names
 * @returns {Set<string>}
 */
function availablePeers (names) {
  if (!names.every(loads)) {
    process.stderr.write('installing the peers, which compiles them\n')
    spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' })
  }
  const available = new Set(names.filter(loads))
  for (const name of names) {
    if (!available.has(name)) process.stderr.write(`${name} could not be installed; it is left out\n`)
  }
  return available
}

const ANALYZE_FOLDER = path.join(__dirname, 'analyze-peers')

/**
 * The same for the packages that open snapshots. Not all of them load everywhere, so being there is enough; what
 * fails says so when it is measured. Scripts stay off: one of them would fetch a browser.
 *
 * @param {string[]} names
 * @returns {Set<string>}
 */
function availableAnalyzers (names) {
  const isThere = (name) => existsSync(path.join(ANALYZE_FOLDER, 'node_modules', name, 'package.json'))
  if (!names.every(isThere)) {
    spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: ANALYZE_FOLDER, stdio: 'inherit' })
  }
  return new Set(names.filter(isThere))
}

module.exports = { ANALYZE_FOLDER, availableAnalyzers, availablePeers }
