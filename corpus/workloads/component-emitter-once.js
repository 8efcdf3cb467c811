// Requests and answers over one emitter: each call waits for an event of its own with once().
'use strict'

module.exports = (packageName) => {
  const Emitter = require(packageName)
  const bus = new Emitter()
  return {
    step (i) {
      let answer
      bus.once('res:' + i, (value) => { answer = value })
      bus.emit('res:' + i, i)
      return answer
    }
  }
}
