// A poll schedules the next one while it runs in its own context, so the span of each poll takes the one before for its parent. Each
// parent has its own, back to the first.
'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

module.exports = () => {
  const context = new AsyncLocalStorage()
  let polled = null

  function poll (i) {
    const span = { name: `poll ${i}`, startedMs: Date.now(), attributes: { attempt: i, host: `host ${i % 13}` }, parent: context.getStore() }
    context.run(span, () => {
      // The next poll waits here for its turn.
      const next = new Promise((resolve) => { giveTurn = resolve })
      next.then((turn) => poll(turn))
    })
    polled()
  }

  let giveTurn = poll
  return {
    step (i) {
      return new Promise((resolve) => {
        polled = resolve
        giveTurn(i)
      })
    }
  }
}
