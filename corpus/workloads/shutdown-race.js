// Each request runs in a context of AsyncLocalStorage and races its work against the shutdown of the service, by once(). The
// listeners that wait for the shutdown stay, and the contexts with them.
'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { EventEmitter, once } = require('node:events')

module.exports = () => {
  const service = new EventEmitter()
  service.setMaxListeners(0)
  const context = new AsyncLocalStorage()

  async function answer (i) {
    const work = Promise.resolve({ id: i, user: context.getStore().user })
    return Promise.race([work, once(service, 'shutdown')])
  }

  return {
    step (i) {
      return context.run({ requestId: i, user: `user ${i}` }, () => answer(i))
    }
  }
}
