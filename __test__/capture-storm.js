// Captures of a program under storm, taken in a row, and what was wrong with them. The program, `capture-storm-program.js`, runs
// in a process of its own and serves requests that come from here; its allocations, its threads and V8's never rest meanwhile.
'use strict'

const http = require('node:http')
const path = require('node:path')
const { setTimeout } = require('node:timers/promises')
const { start } = require('./child')

const PROGRAM = path.join(__dirname, 'capture-storm-program.js')
const CLIENTS = 8
const PAUSE_MS = 10
// Captures wait for a processor that is free now and then.
const HANGS_AFTER_MS = 60_000
const HANGS_AFTER_MS_EACH = 20_000

/** Of all captures those that need more than one attempt; one always may. */
const MOST_RETRIED = 0.005
/** V8's pages that a fork leaves out, of all its memory: the rest is not V8's to mark. */
const LEAST_LEFT_OUT = 0.9

/**
 * @typedef {object} Storm
 * @property {object[]} captures each `{ as, engine, engineReason, attempts, pauseMs, durationMs, wrong }`; of a failed one `{ as, failed }`
 * @property {{ answered: number, lost: string[], served: number }} requests
 * @property {{ before: number, after: number }} descriptors
 * @property {string} children processes that were left
 * @property {{ bytes: number, heapBytes: number, lostBytes: number }} leftOut of forks when all is over
 * @property {{ before: number, after: number }} spawnMs median of a program that does nothing
 * @property {Record<string, number>} collections
 * @property {{ code: number | null, signal: string | null, stderr: string }} ending
 */

/**
 * @param {object} options
 * @param {number} options.captures how many
 * @param {string} [options.node] the executable
 * @param {(capture: object) => void} [options.onCapture]
 * @returns {Promise<Storm>}
 */
async function storm ({ captures, node = process.execPath, onCapture = () => {} }) {
  const { child, ended } = start(node, ['--expose-gc', PROGRAM, String(captures)], {
    env: { NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    hangsAfterMs: HANGS_AFTER_MS + captures * HANGS_AFTER_MS_EACH
  })
  const result = { captures: [], requests: { answered: 0, lost: [], served: 0 } }
  let load = null
  child.on('message', async ({ port, capture, isOver, report }) => {
    if (port !== undefined) {
      load = startLoad(port, result.requests)
      child.send('begin')
    } else if (capture) {
      result.captures.push(capture)
      onCapture(capture)
    } else if (isOver) {
      await load.stop()
      child.send('end')
    } else {
      const { served, ...rest } = report
      result.requests.served = served
      Object.assign(result, rest)
    }
  })
  const { code, signal, stderr } = await ended
  await load?.stop()
  return { ...result, ending: { code, signal, stderr } }
}

/** Requests without a break, half of them over connections of their own. */
function startLoad (port, requests) {
  const kept = new http.Agent({ keepAlive: true })
  const load = { isOver: false }
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const agent = client % 2 === 0 ? kept : false
    for (let at = 0; !load.isOver; at++) {
      const problem = await ask(port, `/${client}/${at}`, agent)
      if (problem === null) requests.answered++
      else requests.lost.push(problem)
      await setTimeout(PAUSE_MS)
    }
  })
  return {
    async stop () {
      load.isOver = true
      await Promise.all(clients)
      kept.destroy()
    }
  }
}

/** @returns {Promise<string | null>} what was wrong with the answer */
function ask (port, path, agent) {
  return new Promise((resolve) => {
    http.get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => { text += part })
      response.on('error', (error) => resolve(error.message))
      response.on('end', () => resolve(response.statusCode === 200 && text === `echo ${path}` ? null : `${response.statusCode} ${text}`))
    }).on('error', (error) => resolve(error.message))
  })
}

/** @returns {string[]} what a storm must not do */
function shortcomings ({ captures, requests, descriptors, children, leftOut, collections, ending }, wanted) {
  const wrong = []
  const { code, signal, stderr } = ending
  if (code !== 0 || signal !== null || stderr !== '') wrong.push(`the program ended with ${code ?? signal}: ${stderr}`)
  if (captures.length !== wanted) wrong.push(`${captures.length} of ${wanted} captures`)
  for (const [at, { failed, wrong: objections }] of captures.entries()) {
    if (failed) wrong.push(`capture ${at}: ${failed}`)
    else if (objections.length > 0) wrong.push(`capture ${at}: ${objections.join(', ')}`)
  }
  const firstTries = captures.filter((one) => isRight(one) && one.attempts === 1).length
  if (wanted - firstTries > Math.max(1, wanted * MOST_RETRIED)) wrong.push(`${firstTries} of ${wanted} at the first attempt`)
  if (requests.lost.length > 0) wrong.push(`${requests.lost.length} requests lost: ${requests.lost[0]}`)
  if (requests.answered === 0 || requests.answered !== requests.served) {
    wrong.push(`${requests.answered} requests answered, ${requests.served} served`)
  }
  if (!descriptors) return [...wrong, 'the program did not come to its end']
  if (descriptors.after !== descriptors.before) wrong.push(`${descriptors.after} descriptors, ${descriptors.before} before`)
  if (children !== '') wrong.push(`processes left: ${children}`)
  if (leftOut.lostBytes > 0) wrong.push(`${leftOut.lostBytes} bytes are not left out of forks any more`)
  if (leftOut.bytes < leftOut.heapBytes * LEAST_LEFT_OUT) wrong.push(`${leftOut.bytes} of ${leftOut.heapBytes} bytes are left out of forks`)
  if (!(collections.minor > 0 && collections.major > 0)) wrong.push(`no storm: ${JSON.stringify(collections)}`)
  return wrong
}

const isRight = ({ failed, wrong }) => !failed && wrong.length === 0

module.exports = { isRight, shortcomings, storm }
