// One app in a process of its own, the HTTP load on it, and what memwatch-rs said there.
'use strict'

const path = require('node:path')
const { fork } = require('node:child_process')
const { once, EventEmitter } = require('node:events')
const autocannon = require('autocannon')

// A small heap, so that V8 collects it fully several times a second.
const V8_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64']
/** So many requests are in flight at any time. */
const CONNECTIONS = 50
/** autocannon wants an end. The load is stopped long before. */
const LONGEST_LOAD_SECONDS = 3600

/** Emits `progress` when there is something new to show, `leak` with each leak event, and `event` with other lines worth keeping. */
class AppUnderLoad extends EventEmitter {
  title
  file
  requests = 0
  failedRequests = 0
  requestsPerSecond = 0
  /** The leak events, each with the full collections there had been. */
  leaks = []
  /** Heap after each full collection since the app is watched. */
  liveBytes = []
  /** What `memwatch.explain()` said at the end. */
  explanation = null
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
      execArgv: V8_FLAGS,
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', PORT: '0' }
    })
    this.#child.on('message', (message) => this.#hear(message))
    this.#child.on('exit', (code, signal) => {
      if (!this.finished) this.finish(`the ${this.title} app ended by itself (${signal ?? `exit code ${code}`})`)
    })
    this.#port = await this.#told('listening')
  }

  /** Load that leaves nothing behind, so that what is hot is compiled when the watching begins: new code grows the heap, too. */
  async warmUp (requests) {
    await this.#fire({ path: '/health', amount: requests })
    const { mode } = await this.#ask('watch', 'watching')
    this.emit('event', `warm, and watched from now on (${mode} mode)`)
  }

  /**
   * Load on `GET /`, until it is enough.
   *
   * @param {(app: AppUnderLoad) => boolean} isEnough asked after each full collection
   */
  async load (isEnough) {
    const end = async () => {
      while (!isEnough(this)) await this.#told('stats')
      this.explanation = await this.#ask('explain', 'explanation')
      this.finish()
    }
    await Promise.all([this.#fire({ path: '/', duration: LONGEST_LOAD_SECONDS, counted: true }), end()])
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
    if (type === 'stats') {
      this.liveBytes.push(value.liveBytes)
      this.emit('progress')
    } else if (type === 'leak') {
      this.leaks.push({ ...value, fullCollections: this.fullCollections })
      this.emit('leak', value)
    }
    this.emit(`told:${type}`, value)
  }

  async #ask (question, answer) {
    if (!this.finished) this.#child.send(question, () => {})
    return this.#told(answer)
  }

  async #told (type) {
    if (this.finished) throw new Error(this.failure)
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

function megabytes (bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

module.exports = { AppUnderLoad, V8_FLAGS, megabytes }
