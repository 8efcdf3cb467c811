// The packages of the corpus are no dependencies of ours: they are installed when it is first run.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const CORPUS = path.join(__dirname, '..')
/** npm writes it last, so it is not there when an installation broke off. */
const INSTALLED = path.join(CORPUS, 'node_modules', '.package-lock.json')

function installPackages () {
  if (fs.existsSync(INSTALLED)) return
  process.stderr.write('installing the packages of the corpus\n')
  // No scripts: these are old versions of other people's packages.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status, error } = spawnSync('npm', args, { cwd: CORPUS, stdio: ['ignore', 'ignore', 'inherit'] })
  if (error) throw error
  if (status !== 0) throw new Error(`npm ci failed in ${CORPUS}`)
}

module.exports = { installPackages }
