// Streams of events with a heartbeat each. The heartbeat is stopped when the stream ends; of the clients a third does not end but
// breaks off, and then there is no 'end', only a 'close' that nobody listens to.
'use strict'

const { PassThrough } = require('node:stream')
const { randomFrom } = require('../lib/random')

const HEARTBEAT_MS = 5000
const SHARE_OF_BROKEN = 0.33

const random = randomFrom(241)
let open = 0

class EventStream {
  constructor (number) {
    this.number = number
    this.topics = [`prices/${number % 83}`, `orders/${number}`]
    this.output = new PassThrough()
    this.output.resume()
    const sendHeartbeat = () => {
      if (this.output.writable) this.output.write(':\n\n')
    }
    const heartbeat = setInterval(sendHeartbeat, HEARTBEAT_MS)
    heartbeat.unref()
    this.output.on('end', () => {
      clearInterval(heartbeat)
      open--
    })
    open++
  }

  send (event) {
    this.output.write(`data: ${JSON.stringify(event)}\n\n`)
  }
}

module.exports = {
  id: 'sse-heartbeats',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: intervals of streams that were destroyed and never emitted end, a third of them',
  expectSuspect: 'Timeout|Timer|sendHeartbeat|heartbeat|EventStream|PassThrough|output',
  step (i) {
    const stream = new EventStream(i)
    stream.send({ i, price: random() })
    if (random() < SHARE_OF_BROKEN) setImmediate(() => stream.output.destroy())
    else stream.output.end()
    return open
  }
}
