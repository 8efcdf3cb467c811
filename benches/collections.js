// CPU time per collection with each watcher, paired with a process that has none.
//
// The processes of one generation live side by side and take turns, in another order each round, so
// that all meet the same noise; new generations average out what differs between processes.
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const { confidence, median, shuffled } = require('./confidence')
const { FLAGS, LOADS } = require('./collections-load')
const { availablePeers } = require('./peers')
const { WATCHERS } = require('./watchers')
const { interval } = require('./table')

/**
 * @param {{ generations: number, rounds: number }} effort
 * @returns {Promise<object[]>} one table a load
 */
async function collections ({ generations, rounds }) {
  const watchers = present()
  const tables = []
  for (const load of Object.keys(LOADS)) {
    const counted = await countCollections(load)
    const measured = Object.fromEntries(watchers.map((watcher) => [watcher, []]))
    for (let generation = 0; generation < generations; generation++) {
      const blocks = await runGeneration(watchers, load, rounds)
      for (const watcher of watchers) measured[watcher].push(blocks[watcher])
    }
    tables.push(table(load, measured, counted, { generations, rounds }))
  }
  return tables
}

function present () {
  const peers = Object.values(WATCHERS).flatMap(({ peer }) => peer ?? [])
  const available = availablePeers(peers)
  return Object.keys(WATCHERS).filter((name) => {
    const { peer } = WATCHERS[name]
    return peer === undefined || available.has(peer)
  })
}

/** CPU microseconds of each block, by watcher, in the order of the rounds. */
async function runGeneration (watchers, load, rounds) {
  const children = {}
  // One after another: a start-up beside a warm-up would change what gets optimized when.
  for (const watcher of shuffled(watchers)) {
    children[watcher] = await start(watcher, load)
    await block(children[watcher], LOADS[load].warmUp)
  }
  const blocks = Object.fromEntries(watchers.map((watcher) => [watcher, []]))
  for (let round = 0; round < rounds; round++) {
    for (const watcher of shuffled(watchers)) {
      blocks[watcher].push((await block(children[watcher], LOADS[load].units)).cpuUs)
    }
  }
  for (const child of Object.values(children)) {
    child.disconnect()
    await once(child, 'exit')
  }
  return blocks
}

async function start (watcher, load) {
  const file = path.join(__dirname, 'collections-worker.js')
  const child = fork(file, [watcher, load], { execArgv: FLAGS })
  await answer(child)
  return child
}

function block (child, units) {
  child.send({ units })
  return answer(child)
}

/** The child's next message; an error when it dies instead. */
function answer (child) {
  return new Promise((resolve, reject) => {
    const died = (code, signal) => reject(new Error(`a benchmark process ended: ${code ?? signal}`))
    child.once('exit', died)
    child.once('message', (message) => {
      child.removeListener('exit', died)
      resolve(message)
    })
  })
}

/** Collections in one block, as V8 reports them itself: the allocation is the same in every process. */
async function countCollections (load) {
  const file = path.join(__dirname, 'collections-worker.js')
  const child = fork(file, ['nothing', load], {
    execArgv: [...FLAGS, '--trace-gc'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  let lines = ''
  child.stdout.setEncoding('utf8').on('data', (text) => { lines += text })
  await answer(child)
  await block(child, LOADS[load].warmUp)
  // The trace comes through a pipe, so only its end is certain: counted over blocks of two sizes.
  const counts = []
  for (const blocks of [1, 9]) {
    const before = collectionsIn(lines)
    for (let at = 0; at < blocks; at++) await block(child, LOADS[load].units)
    await new Promise((resolve) => setTimeout(resolve, 200))
    counts.push(collectionsIn(lines) - before)
  }
  child.disconnect()
  await once(child, 'exit')
  // The block's own prelude of a tenth is not measured.
  return (counts[0] + counts[1]) / 10 / 1.1
}

const collectionsIn = (trace) => trace.split('\n').filter((line) => / (Scavenge|Mark-Compact) /.test(line)).length

function table (load, measured, counted, { generations, rounds }) {
  const rows = Object.keys(measured).map((watcher) => {
    const { label } = WATCHERS[watcher]
    const perCollection = measured[watcher].map((blocks) => median(blocks) / counted)
    if (watcher === 'nothing') return [label, median(perCollection).toFixed(1), '', '']
    const added = paired(measured, watcher, (own, none) => (own - none) / counted)
    const ratio = paired(measured, watcher, (own, none) => own / none)
    return [label, median(perCollection).toFixed(1), interval(added, 2), interval(ratio, 4)]
  })
  return {
    title: `${LOADS[load].title}: CPU time per collection`,
    note: `${generations} generations of processes × ${rounds} rounds, ${counted.toFixed(1)} collections a block`,
    head: ['watcher', 'µs per collection', 'added to nothing, µs (95 % interval)', 'ratio to nothing (95 % interval)'],
    rows
  }
}

/** One observation a generation, from the rounds in which both met the same noise. */
function paired (measured, watcher, compare) {
  return confidence(measured[watcher].map((blocks, generation) =>
    blocks.map((own, round) => compare(own, measured.nothing[generation][round]))))
}

module.exports = { collections, answer }
