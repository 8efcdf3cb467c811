// Every job of one queue gets the AbortSignal of the application's shutdown.
'use strict'

const { setMaxListeners } = require('node:events')

module.exports = (packageName) => {
  let queue
  let shutdown
  return {
    async setup () {
      const PQueue = (await import(packageName)).default
      queue = new PQueue({ concurrency: 2 })
      shutdown = new AbortController()
      setMaxListeners(0, shutdown.signal)
    },
    async step (i) {
      return queue.add(async () => i * 2, { signal: shutdown.signal })
    }
  }
}
