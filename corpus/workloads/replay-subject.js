// Frames of a camera, as Buffers, go through a subject that replays them to viewers who come later: all that there ever were, or the
// newest only.
'use strict'

const LEAST_FRAME_BYTES = 8 << 10
const FRAME_SIZES = 9
const BYTES_A_SIZE = 1 << 10

module.exports = (packageName, { newest }) => {
  const { ReplaySubject } = require(packageName)
  const frames = new ReplaySubject(newest)
  let sent = 0
  frames.subscribe((frame) => { sent += frame.length })
  return {
    step (i) {
      frames.next(Buffer.alloc(LEAST_FRAME_BYTES + (i % FRAME_SIZES) * BYTES_A_SIZE, i & 0xff))
      return sent
    }
  }
}
