// Installs the packages that the benchmark compares with, when it first needs them.
'use strict'

const { spawnSync } = require('node:child_process')
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

module.exports = { availablePeers }
