// The link between an app and the demo that started it: the app tells its port and its events, and explains
// itself when asked. Without a demo the app just watches itself.
'use strict'

const memwatch = require('../..')

/**
 * @param {import('node:http').Server} server of the app
 * @param {(demo: object) => void} watch begins to watch, and tells the given demo of events
 */
function connectToDemo (server, watch) {
  if (!process.send) {
    server.on('listening', () => console.log(`listening on http://127.0.0.1:${server.address().port}/`))
    watch({ leak: console.log, stats: (stats) => console.log(stats.liveBytes) })
    return
  }
  const tell = (type, value) => process.connected && process.send({ type, value }, () => {})
  const answers = {
    watch () {
      watch({
        leak: (leak) => tell('leak', leak),
        stats: ({ liveBytes }) => tell('stats', { liveBytes })
      })
      tell('watching', { mode: memwatch.mode })
    },
    explain: () => tell('explanation', memwatch.explain().text)
  }
  server.on('listening', () => tell('listening', server.address().port))
  process.on('message', (message) => answers[message]())
  // The demo is gone, whatever the reason.
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole process group; the demo decides when to end.
  process.on('SIGINT', () => {})
}

module.exports = { connectToDemo }
