// Thumbnails of 1 to 8 KB in a cache that has 6 MB for them and drops the oldest when it needs room. It is full at about 42 % of the run.
'use strict'

const { randomFrom } = require('../lib/random')

const MOST_BYTES = 6 << 20
const LEAST = 1 << 10
const MOST = 8 << 10
/** Half of those who ask want one that was asked for before. */
const SHARE_OF_NEW = 0.5

module.exports = () => {
  const random = randomFrom(53)
  const thumbnails = new Map()
  let bytes = 0
  let known = 0

  function make (key) {
    const thumbnail = Buffer.allocUnsafeSlow(LEAST + Math.floor(random() * (MOST - LEAST))).fill(key & 0xff)
    thumbnails.set(key, thumbnail)
    bytes += thumbnail.length
    for (const [oldest, { length }] of thumbnails) {
      if (bytes <= MOST_BYTES) break
      thumbnails.delete(oldest)
      bytes -= length
    }
    return thumbnail
  }

  return {
    step () {
      const key = random() < SHARE_OF_NEW ? known++ : Math.max(0, known - 1 - Math.floor(random() * 1000))
      return (thumbnails.get(key) ?? make(key)).length
    }
  }
}
