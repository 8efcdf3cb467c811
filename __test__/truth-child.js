// Collects in every way there is, under V8's own trace, and writes the records of just these
// collections to the file that it is given. Run by truth.test.js with --expose-gc.
'use strict'

const fs = require('node:fs')
const v8 = require('node:v8')
const memwatch = require('..')

const NATURAL_FULL_COLLECTIONS = 4

memwatch.configure({ capacity: 65536 }).start()
globalThis.gc()

// The flag is set at run time, so that V8's trace begins and ends where the records do.
const { sequence } = memwatch.history().events.at(-1)
v8.setFlagsFromString('--trace-gc-nvp')

const kept = []
function allocate (objects, keep) {
  for (let at = 0; at < objects; at++) kept.push({ at, list: [at], text: `number ${at}` })
  if (kept.length > keep) kept.length = 0
}

for (let round = 0; round < 6; round++) {
  allocate(60_000, 100_000)
  if (round % 2 === 0) memwatch.gc()
  else globalThis.gc()
}
globalThis.gc({ type: 'minor' })

// V8's own: by incremental marking, or when an allocation fails.
function naturalFullCollections () {
  const { kind, trigger } = memwatch.history({ as: 'columns', since: sequence + 1 })
  return kind.filter((one, at) => one === 'mark-compact' && trigger[at] === 'natural').length
}
for (let batch = 0; naturalFullCollections() < NATURAL_FULL_COLLECTIONS; batch++) {
  if (batch === 500) throw new Error('V8 does not collect by itself')
  allocate(100_000, 1_500_000)
}

v8.setFlagsFromString('--no-trace-gc-nvp')
const records = memwatch.history({ since: sequence + 1 })
const json = JSON.stringify(records, (_, value) => typeof value === 'bigint' ? String(value) : value)
fs.writeFileSync(process.argv[2], json)
