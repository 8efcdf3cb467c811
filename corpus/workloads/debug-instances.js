// The handler of each request makes a debug instance of its own, as the handlers of many frameworks do. Nobody reads what it writes.
'use strict'

module.exports = (packageName) => {
  const debug = require(packageName)
  return {
    step (i) {
      const log = debug('shop:orders')
      log('order %d came in', i)
      return log.enabled
    }
  }
}
