// A feed puts a message into the outbox of each device, and devices empty theirs. A device that comes back after its connection was
// lost is a new one to the feed, and the outbox of the old one stays. So each event costs more than the one before.
'use strict'

const STEPS_A_RECONNECT = 150
const ONLINE = 5

class Message {
  constructor (event, device) {
    this.event = event
    this.device = device
    this.attempts = 0
  }
}

class Device {
  constructor (number) {
    this.number = number
    this.outbox = []
  }

  receive () {
    const count = this.outbox.length
    this.outbox = []
    return count
  }
}

class Feed {
  constructor () {
    this.devices = []
  }

  subscribe (device) {
    this.devices.push(device)
  }

  publish (event) {
    for (const device of this.devices) device.outbox.push(new Message(event, device))
  }
}

const feed = new Feed()
const online = []
let known = 0

function connect () {
  const device = new Device(known++)
  feed.subscribe(device)
  online.push(device)
}

module.exports = {
  id: 'outbox-fanout',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: outboxes of devices that reconnected as new ones and are not taken from the feed; it accelerates',
  expectSuspect: 'Feed|feed|Device|devices|Message|outbox|publish',
  setup () {
    while (online.length < ONLINE) connect()
  },
  step (i) {
    if (i > 0 && i % STEPS_A_RECONNECT === 0) {
      online.shift()
      connect()
    }
    feed.publish({ id: i, text: `event ${i} of room ${i % 31}`, atMs: Date.now() })
    return online.reduce((count, device) => count + device.receive(), 0)
  }
}
