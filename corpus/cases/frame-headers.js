// Frames of a binary protocol come in Buffers of 8 KB. Of those that were not acknowledged the header is kept, for a later look. It has
// 48 bytes and shares the memory of the frame.
'use strict'

const { randomFrom } = require('../lib/random')

const FRAME_BYTES = 8 << 10
const HEADER_BYTES = 48
const SHARE_OF_UNACKNOWLEDGED = 0.15

const random = randomFrom(229)

class FrameLog {
  constructor () {
    this.unacknowledged = []
  }

  note (frameHeader) {
    this.unacknowledged.push(frameHeader)
  }
}

const frameLog = new FrameLog()

function receive (i) {
  const frame = Buffer.allocUnsafeSlow(FRAME_BYTES)
  frame.writeUInt32BE(i, 0)
  frame.writeUInt32BE(i * 7919 >>> 0, FRAME_BYTES - 4)
  return frame
}

module.exports = {
  id: 'frame-headers',
  kind: 'leak',
  klass: 'misuse',
  memory: 'external',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: headers of 48 bytes that are parts of Buffers of 8 KB and keep them',
  expectSuspect: 'frameLog|FrameLog|unacknowledged|frameHeader|Buffer|Uint8Array',
  step (i) {
    const frame = receive(i)
    if (random() < SHARE_OF_UNACKNOWLEDGED) frameLog.note(frame.subarray(0, HEADER_BYTES))
    return frame.readUInt32BE(FRAME_BYTES - 4)
  }
}
