// One watched process of the collections benchmark: allocates on command and says what CPU time it took.
//
// Arguments: watcher, load. Takes `{ units }`, answers `{ cpuUs, delivered }`.
'use strict'

const { WATCHERS, deliveredSoFar } = require('./watchers')
const { LOADS } = require('./collections-load')

const [, , watcher, load] = process.argv
const { run } = LOADS[load]

async function measure (units) {
  // The processor's caches belonged to another process a moment ago.
  await run(Math.ceil(units / 10))
  const before = process.cpuUsage()
  await run(units)
  const { user, system } = process.cpuUsage(before)
  return { cpuUs: user + system, delivered: deliveredSoFar() }
}

WATCHERS[watcher].start()
process.on('message', async ({ units }) => process.send(await measure(units)))
process.on('disconnect', () => process.exit())
process.send('ready')
