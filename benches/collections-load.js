// What the processes of the collections benchmark do: allocation that causes nearly only scavenges, or
// full collections on request. Both let the event loop turn, so that what is delivered is paid for.
'use strict'

const { allocate, nextTurn } = require('./load')

const CHUNKS_A_TURN = 8

async function scavenges (chunks) {
  for (let chunk = 1; chunk <= chunks; chunk++) {
    allocate()
    if (chunk % CHUNKS_A_TURN === 0) await nextTurn()
  }
  await settle()
}

async function fullCollections (collections) {
  for (let collection = 0; collection < collections; collection++) {
    globalThis.gc()
    await nextTurn()
  }
  await settle()
}

// A delivery may take more than one hop through the loop.
async function settle () {
  for (let turn = 0; turn < 3; turn++) await nextTurn()
}

/** By name: what to run, how much of it makes one measured block, what V8 is told. */
const LOADS = {
  scavenges: { title: 'Scavenges', run: scavenges, units: 800, warmUp: 2400 },
  full: { title: 'Full collections', run: fullCollections, units: 16, warmUp: 60 }
}

/**
 * A young generation of 1 MB makes collections many and short, and collecting on one thread keeps helper
 * threads' scheduling out of the CPU time: both make the watcher's share large enough to be measured.
 */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1', '--single-threaded-gc']

module.exports = { LOADS, FLAGS }
