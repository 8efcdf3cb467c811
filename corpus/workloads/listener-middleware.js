// A worker inside a store of Redux, as sagas are written: one listener that runs for the life of the store and takes one job after the
// other.
'use strict'

module.exports = (packageName) => {
  const { configureStore, createAction, createListenerMiddleware } = require(packageName)
  const workerStarted = createAction('worker/started')
  const jobAdded = createAction('job/added')
  let store
  let jobDone
  return {
    setup () {
      const listeners = createListenerMiddleware()
      listeners.startListening({
        actionCreator: workerStarted,
        effect: async (action, { take }) => {
          for (;;) {
            const [{ payload }] = await take(jobAdded.match)
            if (jobDone) jobDone(payload)
          }
        }
      })
      store = configureStore({ reducer: (state = { jobs: 0 }) => state, middleware: () => [listeners.middleware] })
      store.dispatch(workerStarted())
      return new Promise((resolve) => setImmediate(resolve))
    },
    step (i) {
      return new Promise((resolve) => {
        jobDone = (id) => {
          jobDone = null
          setImmediate(resolve, id)
        }
        store.dispatch(jobAdded(i))
      })
    }
  }
}
