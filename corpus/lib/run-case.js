// One case in a fresh process, with a heap so small that V8 collects it fully 55 to 80 times in 8 seconds.
'use strict'

const { spawn } = require('node:child_process')
const path = require('node:path')

const CORPUS = path.join(__dirname, '..')
const PROGRAM = path.join(__dirname, 'case-program.js')
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64', '--no-warnings']
const LONGEST_MS = 90000
const MOST_ERROR_TEXT = 600

/**
 * @param {string} id
 * @param {{ seed: number, detector?: string, node?: string }} options without a detector nobody listens to `leak`
 * @returns {Promise<object>} what `case-program.js` tells, or `{ id, error }`; never rejects
 */
function runCase (id, { seed, detector, node = process.execPath }) {
  const args = [...NODE_FLAGS, PROGRAM, id, String(seed), ...(detector === undefined ? [] : [detector])]
  return new Promise((resolve) => {
    // The result comes by a pipe of its own: packages print what they like.
    const child = spawn(node, args, { cwd: CORPUS, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
    let result = ''
    let errorText = ''
    child.stderr.setEncoding('utf8').on('data', (text) => { errorText = (errorText + text).slice(-MOST_ERROR_TEXT) })
    child.stdio[3].setEncoding('utf8').on('data', (text) => { result += text })
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS)
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ id, seed, error: error.message })
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0 && result !== '') resolve({ ...JSON.parse(result), seed })
      else resolve({ id, seed, error: `ended by ${signal ?? `code ${code}`}: ${errorText.trim()}` })
    })
  })
}

module.exports = { runCase }
