// Profiles of the running process: who allocated what is still there, and where the processor's time goes.
'use strict'

const binding = require('../binding.js')
const { cancelled } = require('./cancelled')
const { inspectorSession } = require('./inspector-session')
const { profileOptions } = require('./options')

const RUNNING = Symbol.for('memwatch-rs.runningProfiles')
// Of all copies of the package in this thread, which share the session.
const running = process[RUNNING] ??= new Set()

// V8 samples allocations for one session at a time, and for whoever asks: another's profile would end with ours.
const HEAP = {
  name: 'heap',
  start (post, interval) {
    // What is sampled for a suspicion can wait.
    binding.yieldHeapProfiler()
    try {
      post('HeapProfiler.getSamplingProfile')
    } catch {
      post('HeapProfiler.startSampling', interval && { samplingInterval: interval })
      return
    }
    throw busy('somebody else samples the heap of this thread')
  },
  stop: (post) => post('HeapProfiler.stopSampling').profile
}

// It stays enabled, which costs nothing: to disable it would end what others count for their test coverage.
const CPU = {
  name: 'cpu',
  start (post, interval = 1000) {
    post('Profiler.enable')
    post('Profiler.setSamplingInterval', { interval })
    post('Profiler.start')
  },
  stop: (post) => post('Profiler.stop').profile
}

/**
 * @param {typeof HEAP | typeof CPU} kind
 * @param {import('../index.js').ProfileOptions} [options]
 * @returns the profile as V8 gives it, or the path of the file that it was written to
 */
async function profile (kind, options) {
  const { ms, interval, path, signal } = profileOptions(`profile.${kind.name}`, options)
  if (signal?.aborted) throw cancelled(signal)
  if (running.has(kind.name)) throw busy(`a ${kind.name} profile of this thread is under way`)
  const post = poster()
  kind.start(post, interval)
  running.add(kind.name)
  let profile
  try {
    await elapsed(ms, signal)
  } finally {
    running.delete(kind.name)
    profile = kind.stop(post)
  }
  return path === undefined ? profile : binding.writePrivateFile(path, JSON.stringify(profile))
}

/** Sends a command of the inspector's protocol, which is answered at once in its own thread. */
function poster () {
  let session
  try {
    session = inspectorSession()
  } catch (error) {
    throw coded('ERR_MEMWATCH_UNSUPPORTED', `profiles are not available: ${error.message}`)
  }
  return (method, params) => {
    let answer
    session.post(method, params, (error, result) => { answer = { error, result } })
    if (answer.error) throw coded('ERR_MEMWATCH_PROFILE', `${method}: ${answer.error.message}`)
    return answer.result
  }
}

function elapsed (ms, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(cancelled(signal))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    timer.unref()
    signal?.addEventListener('abort', abort, { once: true })
  })
}

const busy = (why) => coded('ERR_MEMWATCH_PROFILE_BUSY', `${why}; one can at a time`)

function coded (code, message) {
  return Object.assign(new Error(message), { code })
}

/** Profiles of the thread that loaded the package. */
const profiles = Object.freeze({
  heap: async (options) => profile(HEAP, options),
  cpu: async (options) => profile(CPU, options)
})

module.exports = { profiles }
