// Series recordings for tests: made by a program whose heap does as it is told, and read.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { COMMAND_LINE, inChild, run, temporaryFolder } = require('./child')

function cli (...args) {
  return run(process.execPath, [COMMAND_LINE, ...args])
}

/** Records a heap that holds so many megabytes, one size after the other, a full collection after each. */
async function record (memwatch, { collect, hold, say }, { file, megabytes, ending }) {
  const leaks = []
  const live = []
  memwatch.configure({ detector: 'classic', record: file })
  memwatch.on('leak', (leak) => leaks.push(leak)).on('stats', ({ liveBytes }) => live.push(liveBytes))
  for (const one of megabytes) {
    hold(one * (1 << 20))
    await collect()
  }
  say('recorded', live)
  if (ending === 'wait') await new Promise(() => {})
  if (ending === 'stop') memwatch.stop()
  return { leaks, live }
}

/** The recording's header and rows. */
function read (file) {
  const [header, ...rows] = fs.readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
  return { header, rows: rows.map((row) => Object.fromEntries(row.map((value, at) => [header.columns[at], value]))) }
}

/** The same recording with one collection a second: a smaller heap is collected faster, and grows more by the hour. */
function paced (file) {
  const { header, rows } = read(file)
  const lines = rows.map((row, at) => Object.values({ ...row, ms: at * 1000 }))
  fs.writeFileSync(`${file}.paced`, [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''))
  return `${file}.paced`
}

async function recorded (t, megabytes) {
  const file = path.join(temporaryFolder(t), 'a.series')
  return { file, ...await inChild(record, { argument: { file, megabytes, ending: 'stop' } }) }
}

module.exports = { cli, paced, read, record, recorded }
