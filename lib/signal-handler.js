// A snapshot file for each signal that the process gets.
'use strict'

const { isMainThread } = require('node:worker_threads')
const { tellSnapshot } = require('./capture')
const { signalOptions } = require('./options')

/**
 * @param memwatch the emitter, which tells where files are
 * @param {(options: object) => Promise<string>} write
 * @param {string} [signal]
 * @param {import('../index.js').SignalHandlerOptions} [options]
 * @returns a function that removes the handler
 */
function installSignalHandler (memwatch, write, signal, options) {
  const { name, file } = signalOptions(signal, options)
  if (!isMainThread) {
    throw Object.assign(new Error('signals are not available: only the main thread gets them'),
      { code: 'ERR_MEMWATCH_UNSUPPORTED' })
  }
  // Signals that come while a file is written are answered by that file.
  let isWriting = false
  const onSignal = () => {
    if (isWriting) return
    isWriting = true
    write(file)
      .finally(() => { isWriting = false })
      // What a listener throws is not an error of the capture.
      .then((path) => process.nextTick(tellSnapshot, memwatch, { path, reason: name }),
        ({ code, message }) => process.emitWarning(`no snapshot was written for ${name}: ${message}`, { code }))
  }
  process.on(name, onSignal)
  const remove = () => { process.removeListener(name, onSignal) }
  if (Symbol.dispose) remove[Symbol.dispose] = remove
  return remove
}

module.exports = { installSignalHandler }
