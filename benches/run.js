// Measures what the watcher costs; prints tables, with --markdown as Markdown.
//
// node benches/run.js [--markdown] [--quick] [--effort=N] [--only=collections,callback,koa,suspicion]
//
// An effort of N takes N times as many processes, which narrows the intervals.
'use strict'

const os = require('node:os')
const { parseArgs } = require('node:util')

const { callback } = require('./callback')
const { collections } = require('./collections')
const { koa } = require('./koa')
const { suspicion } = require('./suspicion')
const { print } = require('./table')

const PARTS = {
  collections: {
    measure: collections,
    repeated: 'generations',
    full: { generations: 8, rounds: 15 },
    quick: { generations: 3, rounds: 6 }
  },
  callback: {
    measure: callback,
    repeated: 'processes',
    full: { processes: 2, share: 1 },
    quick: { processes: 1, share: 0.2 }
  },
  koa: {
    measure: koa,
    repeated: 'servers',
    full: { servers: 6, rounds: 10 },
    quick: { servers: 2, rounds: 4 }
  },
  suspicion: {
    measure: suspicion,
    repeated: 'pairs',
    full: { pairs: 4 },
    quick: { pairs: 1 }
  }
}

async function main () {
  const { values } = parseArgs({
    options: {
      markdown: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      effort: { type: 'string', default: '1' },
      only: { type: 'string', default: Object.keys(PARTS).join(',') }
    }
  })
  if (!(Number(values.effort) >= 1)) throw new Error('--effort takes a number from 1 on')
  say(machine(), values)
  for (const name of values.only.split(',')) {
    const part = PARTS[name]
    if (part === undefined) throw new Error(`--only takes ${Object.keys(PARTS).join(', ')}`)
    say(`load average before ${name}: ${loadAverage()}`, values)
    for (const table of await part.measure(effort(part, values))) print(table, values.markdown)
  }
  say(`load average at the end: ${loadAverage()}`, values)
}

function effort (part, values) {
  const base = values.quick ? part.quick : part.full
  return { ...base, [part.repeated]: Math.round(base[part.repeated] * Number(values.effort)) }
}

function machine () {
  const cpus = os.cpus()
  return `${cpus.length} × ${cpus[0].model.trim()}, ${os.type()} ${os.release()} ${os.arch()}, ` +
    `Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`
}

const loadAverage = () => os.loadavg().map((load) => load.toFixed(2)).join(' ')

function say (text, { markdown }) {
  process.stdout.write(markdown ? `${text}.\n\n` : `${text}\n`)
}

main()
