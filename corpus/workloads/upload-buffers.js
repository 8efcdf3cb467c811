// Parts of uploads, Buffers of 16 KB each, wait for the upload to be complete; broken uploads are never thrown away. The heap
// hardly grows: what leaks is outside of it.
'use strict'

const PART_BYTES = 16 << 10

module.exports = () => {
  const parts = []
  return {
    step (i) {
      parts.push(Buffer.alloc(PART_BYTES, i & 0xff))
      return parts.length
    }
  }
}
