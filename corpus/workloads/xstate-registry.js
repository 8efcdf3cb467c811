// As on a server that renders pages: a machine is interpreted for each request, gets some events, and is stopped.
'use strict'

module.exports = (packageName) => {
  const { Machine, interpret, assign } = require(packageName)
  const machine = Machine({
    id: 'checkout',
    initial: 'cart',
    context: { n: 0 },
    states: {
      cart: { on: { NEXT: { target: 'pay', actions: assign({ n: (context) => context.n + 1 }) } } },
      pay: { on: { OK: 'done', FAIL: 'cart' } },
      done: { type: 'final' }
    }
  })
  return {
    step (i) {
      const service = interpret(machine).onTransition(() => {})
      service.start()
      service.send('NEXT')
      service.send(i % 3 ? 'FAIL' : 'OK')
      service.stop()
    }
  }
}
