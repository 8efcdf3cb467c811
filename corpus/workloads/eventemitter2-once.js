// Jobs in the background: each is waited for with once() on an event of its own, on an emitter that knows wildcards.
'use strict'

module.exports = (packageName) => {
  const { EventEmitter2 } = require(packageName)
  const bus = new EventEmitter2({ wildcard: true })
  return {
    step (i) {
      let result
      bus.once(`job.${i}.done`, (value) => { result = value })
      bus.emit(`job.${i}.done`, i)
      return result
    }
  }
}
