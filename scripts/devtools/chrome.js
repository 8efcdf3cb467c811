// A snapshot of a page's heap, taken by Chrome through its debugging pipe.
'use strict'

const fs = require('node:fs')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const END_OF_MESSAGE = 0
const MAX_SECONDS = 60

const PAGE = `<!doctype html><title>page</title><div id="kept" class="a b"><span>text</span></div>
<iframe srcdoc="<p>inner</p>"></iframe><script>
class Widget { constructor (id) { this.id = id; this.element = document.createElement('div'); this.element.title = 'w' + id } }
const shown = Array.from({ length: 200 }, (_, id) => new Widget(id))
for (const { element } of shown) document.getElementById('kept').append(element)
// Detached trees: one held from JavaScript, one by its listener.
window.detached = document.createElement('ul')
for (let at = 0; at < 100; at++) window.detached.append(document.createElement('li'))
const gone = document.createElement('section')
gone.append(document.createElement('p'))
gone.firstChild.addEventListener('click', () => gone)
window.handler = gone.firstChild
window.cache = new Map(shown.map((widget) => [widget.id, { widget, data: new Array(10).fill('x' + widget.id) }]))
window.weak = new WeakMap(shown.map((widget) => [widget, { of: widget.element }]))
</script>`

/** @returns {string | null} the first Chrome there is: `CHROME` or one of the path */
function findChrome () {
  const isThere = (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0
  return [process.env.CHROME, ...NAMES].filter(Boolean).find(isThere) ?? null
}

/** @returns {Promise<string>} the browser's version */
async function writeChromeSnapshot (chrome, profile, file) {
  const browser = spawn(chrome, ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
    `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
  const tooLong = setTimeout(() => browser.kill('SIGKILL'), MAX_SECONDS * 1000)
  try {
    const ended = once(browser, 'exit').then(() => { throw new Error('Chrome ended before it was done') })
    return await Promise.race([talk(browser, file), ended])
  } finally {
    clearTimeout(tooLong)
    browser.kill('SIGKILL')
  }
}

async function talk (browser, file) {
  const out = fs.openSync(file, 'w', 0o600)
  const waiting = new Map()
  let lastId = 0
  messages(browser.stdio[4], ({ id, method, params, result, error }) => {
    if (method === 'HeapProfiler.addHeapSnapshotChunk') fs.writeSync(out, params.chunk)
    if (!waiting.has(id)) return
    const { resolve, reject } = waiting.get(id)
    if (error) reject(new Error(`Chrome: ${error.message}`))
    else resolve(result)
  })
  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    waiting.set(++lastId, { resolve, reject })
    browser.stdio[3].write(`${JSON.stringify({ id: lastId, method, params, sessionId })}\0`)
  })
  try {
    const { product } = await send('Browser.getVersion')
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
    const { frameTree } = await send('Page.getFrameTree', {}, sessionId)
    await send('Page.setDocumentContent', { frameId: frameTree.frame.id, html: PAGE }, sessionId)
    await send('HeapProfiler.enable', {}, sessionId)
    await send('HeapProfiler.takeHeapSnapshot', {}, sessionId)
    return product
  } finally {
    fs.closeSync(out)
  }
}

function messages (stream, take) {
  let parts = []
  stream.on('data', (chunk) => {
    for (let end; (end = chunk.indexOf(END_OF_MESSAGE)) >= 0; chunk = chunk.subarray(end + 1)) {
      take(JSON.parse(Buffer.concat([...parts, chunk.subarray(0, end)]).toString()))
      parts = []
    }
    parts.push(chunk)
  })
}

module.exports = { findChrome, writeChromeSnapshot }
