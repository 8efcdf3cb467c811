// One watched process of the callback benchmark.
//
// Arguments: megabytes kept alive, scavenges, full collections. Sends the pauses of `memwatch.stats()`.
'use strict'

const { allocate, fill, nextTurn } = require('./load')
const { own } = require('./watchers')

const [megabytes, scavenges, fullCollections] = process.argv.slice(2).map(Number)

async function main () {
  fill(megabytes)
  // Twice: survivors leave the young generation before anything is measured.
  globalThis.gc()
  globalThis.gc()
  const memwatch = own()
  memwatch.on('stats', () => {})
  for (let collection = 0; collection < fullCollections; collection++) {
    for (let chunk = 0; chunk < 4; chunk++) allocate()
    globalThis.gc()
    await nextTurn()
  }
  while (countOf(memwatch, 'scavenge') < scavenges) {
    for (let chunk = 0; chunk < 400; chunk++) allocate()
    await nextTurn()
  }
  process.send(memwatch.stats().pauses, () => process.exit())
}

function countOf (memwatch, kind) {
  return memwatch.stats().pauses.find((pauses) => pauses.kind === kind)?.count ?? 0
}

main()
