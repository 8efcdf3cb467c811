// Random numbers that a seed repeats.
'use strict'

/**
 * mulberry32: small, and good enough for workloads.
 *
 * @param {number} seed
 * @returns {() => number} a number from 0 to below 1 at each call
 */
function randomFrom (seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

module.exports = { randomFrom }
