// A service that others depend on is down from 30 % of the run on. The last failure is kept, and each new one says it was caused by it.
'use strict'

const DOWN_FROM = 0.3

module.exports = () => {
  let lastFailure
  let steps

  function ask (i) {
    if (i >= DOWN_FROM * steps) throw new Error(`no answer to request ${i} from stock service`, { cause: lastFailure })
    return i
  }

  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      try {
        return ask(i)
      } catch (failure) {
        lastFailure = failure
        return failure.message.length
      }
    }
  }
}
