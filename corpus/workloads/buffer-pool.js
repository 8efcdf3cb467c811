// A pool of Buffers of 16 KB for work in parallel. The load asks for one more now and then until 40 % of the run; none is given
// back to the system. All of it is outside of the heap.
'use strict'

const BUFFER_BYTES = 16 << 10
const MOST_BUFFERS = 400
const FULL_AT = 0.4

module.exports = () => {
  const pool = []
  let steps
  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      const wanted = Math.min(MOST_BUFFERS, 1 + Math.floor(MOST_BUFFERS * i / (FULL_AT * steps)))
      while (pool.length < wanted) pool.push(Buffer.alloc(BUFFER_BYTES))
      return pool[i % pool.length].fill(i & 0xff).length
    }
  }
}
