// The link between an app and the demo that started it: the demo is told the port, the events, and
// says when the app has warmed up. Without a demo the app just watches itself.
'use strict'

const memwatch = require('../..')

// Full collections are asked for at the same points of the load, so that the demo is short and shows
// the same on every Node version and on a busy machine. V8's own collections run beside the program and
// still count what died meanwhile, which can be megabytes; one that is asked for does not. In production
// V8 decides: do not ask there.
const REQUESTS_PER_COLLECTION = 500

/**
 * @param {import('node:http').Server} server of the app
 * @param {(demo: object) => void} watch begins to watch, and tells the given demo of events
 */
function connectToDemo (server, watch) {
  if (!process.send) {
    server.on('listening', () => console.log(`listening on http://127.0.0.1:${server.address().port}/`))
    watch({ leak: console.log, stats: (stats) => console.log(stats.liveBytes), heapDiff: console.log })
    return
  }
  const tell = (type, value) => process.connected && process.send({ type, value }, () => {})
  server.on('listening', () => tell('listening', server.address().port))
  process.on('message', () => {
    // Throws out what only the start needed, before anything is watched.
    memwatch.gc()
    watch({
      leak: (leak) => tell('leak', leak),
      stats: ({ liveBytes }) => tell('stats', { liveBytes }),
      heapDiff: (diff) => tell('heapDiff', diff)
    })
    collectRegularly(server)
    tell('watching', { mode: memwatch.mode })
  })
  // The demo is gone, whatever the reason.
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole process group; the demo decides when to end.
  process.on('SIGINT', () => {})
}

function collectRegularly (server) {
  let requests = 0
  memwatch.gc()
  server.on('request', () => {
    if (++requests % REQUESTS_PER_COLLECTION === 0) setImmediate(() => memwatch.gc())
  })
}

module.exports = { connectToDemo, REQUESTS_PER_COLLECTION }
