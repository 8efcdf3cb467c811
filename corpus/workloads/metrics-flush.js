// Durations by the address that was asked for, in a histogram of prom-client. They are pushed away and forgotten six times in a run. A
// sawtooth.
'use strict'

const FLUSHES = 6

module.exports = () => {
  const { Histogram, Registry } = require('prom-client')
  const durations = new Histogram({
    name: 'request_seconds',
    help: 'How long requests took',
    labelNames: ['address', 'status'],
    buckets: [0.01, 0.1, 1],
    registers: [new Registry()]
  })
  let stepsAFlush
  return {
    setup (run) {
      stepsAFlush = Math.floor(run.steps / FLUSHES)
    },
    step (i) {
      if (i % stepsAFlush === 0) durations.reset()
      durations.observe({ address: `/orders/${i}`, status: i % 11 === 0 ? '404' : '200' }, (i % 100) / 50)
    }
  }
}
