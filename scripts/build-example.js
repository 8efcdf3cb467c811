// Addons that are no part of the package: tests and benchmarks build them when they need them.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '..')
const MOST_OUTPUT = 64 << 20

/**
 * Builds an addon of `[[example]]` in Cargo.toml.
 *
 * @param {string} name
 * @returns {string} the file to `require`
 * @throws what Cargo says when there is no Rust or it does not compile
 */
function buildExample (name) {
  const { status, stdout, stderr, error } = spawnSync('cargo', ['build', '--release', '--no-default-features', '--example', name, '--message-format=json'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: MOST_OUTPUT })
  if (status !== 0) throw new Error(`the addon ${name} could not be built: ${error?.message ?? stderr}`)
  const artifacts = stdout.split('\n').filter((line) => line.includes(`"${name}"`)).map(JSON.parse)
  const [library] = artifacts.flatMap(({ filenames }) => filenames ?? [])
  // Node loads addons by this ending.
  const addon = path.join(path.dirname(library), `${name}.node`)
  fs.copyFileSync(library, addon)
  return addon
}

module.exports = { buildExample }
