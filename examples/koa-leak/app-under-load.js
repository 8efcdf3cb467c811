// One app in a process of its own, the HTTP load on it, and what memwatch-rs said there.
'use strict'

const path = require('node:path')
const { fork } = require('node:child_process')
const { once, EventEmitter } = require('node:events')
const autocannon = require('autocannon')

const CONNECTIONS = 10
const MAX_SECONDS = 90

/** Emits `progress` when there is something new to show, and `event` with each line worth keeping. */
class AppUnderLoad extends EventEmitter {
  title
  file
  mode = null
  requests = 0
  failedRequests = 0
  requestsPerSecond = 0
  leaks = []
  /** Heap after each full collection since the app is watched. */
  liveBytes = []
  /** Why the app did not get to its end; `null` when it did. */
  failure = null
  finished = false
  #child = null
  #load = null
  #port = 0

  constructor (title, file) {
    super()
    this.title = title
    this.file = file
  }

  /** Full collections since the app is watched. */
  get fullCollections () {
    return this.liveBytes.length
  }

  async start () {
    this.#child = fork(path.resolve(__dirname, this.file), {
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', PORT: '0' }
    })
    this.#child.on('message', (message) => this.#hear(message))
    this.#child.on('exit', (code, signal) => {
      if (!this.finished) this.finish(`the app ended by itself (${signal ?? `exit code ${code}`})`)
    })
    this.#port = await this.#told('listening')
  }

  /** Load that leaves nothing behind, so that Node and Koa have settled when the watching begins. */
  async warmUp (requests) {
    if (this.finished) return
    await this.#fire({ path: '/health', amount: requests })
    if (this.finished) return
    this.#child.send('watch')
    const { mode } = await this.#told('watching')
    this.mode = mode
    this.emit('event', `warm, and watched from now on (${mode} mode)`)
  }

  /**
   * Load on `GET /`, until it is enough.
   *
   * @param {number} rate requests a second at most
   * @param {(app: AppUnderLoad) => boolean} isEnough asked after each full collection
   */
  async load (rate, isEnough) {
    if (this.finished) return
    this.on('collected', () => {
      if (!this.finished && isEnough(this)) this.finish()
    })
    await this.#fire({
      path: '/',
      duration: MAX_SECONDS,
      overallRate: rate,
      ignoreCoordinatedOmission: true,
      counted: true
    })
    if (!this.finished) this.finish(`not done after ${MAX_SECONDS} seconds`)
  }

  /** Ends the load and the process. */
  finish (failure = null) {
    if (this.finished) return
    this.finished = true
    this.failure = failure
    this.requestsPerSecond = 0
    this.#load?.stop()
    this.#child?.kill('SIGKILL')
    this.emit('finished')
    this.emit('event', failure === null ? 'done' : `FAILED: ${failure}`)
  }

  async #fire ({ path, counted = false, ...options }) {
    const load = autocannon({ url: `http://127.0.0.1:${this.#port}${path}`, connections: CONNECTIONS, ...options })
    this.#load = load
    if (counted) {
      load.on('response', (client, statusCode) => {
        this.requests++
        if (statusCode !== 200) this.failedRequests++
      })
      load.on('reqError', () => { if (!this.finished) this.failedRequests++ })
      load.on('tick', ({ counter }) => {
        this.requestsPerSecond = this.finished ? 0 : counter
        this.emit('progress')
      })
    }
    // finish() may be called while connections are being opened, before there is anything to stop.
    if (this.finished) load.stop()
    await load
  }

  #hear ({ type, value }) {
    if (this.finished) return
    switch (type) {
      case 'stats':
        this.liveBytes.push(value.liveBytes)
        this.emit('progress')
        // The leak events of a collection follow its stats: let them arrive.
        setImmediate(() => this.emit('collected'))
        break
      case 'leak':
        this.leaks.push(value)
        this.emit('event', `LEAK  ${describeLeak(value)}`)
        this.emit('collected')
        break
      case 'heapDiff':
        this.emit('event', `heap diff  ${describeDiff(value)}`)
        break
      default:
        this.emit(`told:${type}`, value)
    }
  }

  async #told (type) {
    const stop = new AbortController()
    const ended = once(this, 'finished', { signal: stop.signal }).then(() => { throw new Error(this.failure) })
    try {
      const [value] = await Promise.race([once(this, `told:${type}`, { signal: stop.signal }), ended])
      return value
    } finally {
      ended.catch(() => {})
      stop.abort()
    }
  }
}

function describeLeak ({ reason, message, growth, bytesPerHour }) {
  const rate = bytesPerHour === null ? 'rate not known yet' : `${megabytes(bytesPerHour)} an hour`
  return `reason: ${reason} | growth: ${megabytes(growth)}, ${rate} | ${message}`
}

function describeDiff ({ change }) {
  const grown = change.details.slice(0, 3).map(({ what, size, '+': came, '-': went }) => `${what} ${size} (+${came} -${went})`)
  return `${change.size}: ${grown.join(', ')}`
}

function megabytes (bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

module.exports = { AppUnderLoad, megabytes }
