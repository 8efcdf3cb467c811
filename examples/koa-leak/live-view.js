// What the demo prints: on a terminal a block that updates in place below the events, elsewhere lines.
'use strict'

const { megabytes } = require('./app-under-load')
const { describeLeak } = require('./describe-leak')

const BARS = '▁▂▃▄▅▆▇█'
const SPARKLINE_LENGTH = 24
const LINE_EVERY_MS = 2000
const COLORS = { red: 31, green: 32, yellow: 33, dim: 2 }
const COLORS_OF_STATES = { suspect: 'yellow', leak: 'red', recovered: 'green' }
/** Before the details of an event. */
const INDENT = 8

class LiveView {
  #out
  #apps
  #isLive
  #startedAt = Date.now()
  #drawnLines = 0
  #lastLineAt = 0

  constructor (out, apps) {
    this.#out = out
    this.#apps = apps
    this.#isLive = Boolean(out.isTTY) && !process.env.NO_COLOR && !process.env.CI && process.env.TERM !== 'dumb'
    for (const app of apps) {
      app.on('event', (text) => this.event(app, [text], text.startsWith('FAILED') ? 'red' : 'dim'))
      app.on('leak', (leak) => this.event(app, describeLeak(leak, this.#width - INDENT), COLORS_OF_STATES[leak.state]))
      app.on('progress', () => this.progress())
    }
  }

  print (text) {
    this.#erase()
    this.#out.write(`${text}\n`)
    this.#draw()
  }

  event (app, [headline, ...details], color) {
    const lines = [headline, ...details.map((line) => ' '.repeat(INDENT) + line)].map((line) => this.#paint(color, line))
    this.print(`${this.#time()} ${app.title.padEnd(7)} ${lines.join('\n')}`)
  }

  progress () {
    if (this.#isLive) {
      this.#erase()
      this.#draw()
    } else if (Date.now() - this.#lastLineAt >= LINE_EVERY_MS) {
      this.#lastLineAt = Date.now()
      for (const line of this.#lines()) this.#out.write(`${this.#time()} ${line}\n`)
    }
  }

  /** Leaves the last block where it is. */
  end () {
    if (!this.#isLive) for (const line of this.#lines()) this.#out.write(`${this.#time()} ${line}\n`)
    this.#isLive = false
    this.#drawnLines = 0
  }

  #paint (color, text) {
    return this.#isLive ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text
  }

  // Where no terminal breaks lines, none is cut.
  get #width () {
    return this.#isLive ? (this.#out.columns || 80) - 1 : Infinity
  }

  #draw () {
    if (!this.#isLive) return
    const lines = this.#lines().map((line) => line.slice(0, this.#width))
    this.#out.write(lines.map((line) => `${line}\n`).join(''))
    this.#drawnLines = lines.length
  }

  #erase () {
    if (this.#drawnLines > 0) this.#out.write(`\u001b[${this.#drawnLines}A\u001b[J`)
    this.#drawnLines = 0
  }

  // One scale for all apps, so that their heaps can be compared.
  #lines () {
    const top = Math.max(...this.#apps.flatMap((app) => app.liveBytes))
    return this.#apps.filter((app) => app.liveBytes.length > 0).map((app) => [
      app.title.padEnd(7),
      sparkline(app.liveBytes, top).padEnd(SPARKLINE_LENGTH),
      megabytes(app.liveBytes.at(-1)).padStart(8),
      `${app.fullCollections} full GCs`.padStart(11),
      `${app.requests} requests`.padStart(15),
      (app.finished ? 'done' : `${app.requestsPerSecond}/s`).padStart(7),
      app.leaks.length > 0 ? ` ${app.leaks.length} leak events` : ''
    ].join(' ').trimEnd())
  }

  #time () {
    return `${((Date.now() - this.#startedAt) / 1000).toFixed(1).padStart(5)} s`
  }
}

function sparkline (values, top) {
  return values.slice(-SPARKLINE_LENGTH)
    .map((value) => BARS[Math.min(BARS.length - 1, Math.floor(value / top * BARS.length))]).join('')
}

/** @returns {string} rows with aligned columns, the first one a heading */
function table (rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n')
}

module.exports = { LiveView, table }
