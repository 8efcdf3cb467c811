// Writes what is known of a heap as one page that opens from disk: everything inline, nothing from a network.
'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

/** Draws the map; never loaded here, its text goes into the page. */
const layoutFile = () => path.join(require.resolve('d3-hierarchy'), '..', '..', 'dist', 'd3-hierarchy.min.js')
const ours = (name) => fs.readFileSync(path.join(__dirname, name), 'utf8')
const allowed = (text) => `'sha256-${crypto.createHash('sha256').update(text).digest('base64')}'`

/** By the name of a page: its scripts in the order in which they run. */
const SCRIPTS = {
  heap: () => [fs.readFileSync(layoutFile(), 'utf8'), ours('elements.js'), ours('heap.js')],
  diff: () => [ours('elements.js'), ours('diff.js')]
}

/** @returns {string} the page; `data` is what its script draws */
function pageOf (name, data) {
  const style = ours('page.css')
  const scripts = SCRIPTS[name]()
  const policy = [
    "default-src 'none'",
    `style-src ${allowed(style)}`,
    `script-src ${scripts.map(allowed).join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'"
  ].join('; ')
  // No name of the heap can close the element that the data stands in.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c')
  const parts = { policy, style, json, scripts: scripts.map((text) => `<script>${text}</script>`).join('\n') }
  return ours(`${name}.html`).replace(/\{\{(\w+)\}\}/g, (_, part) => parts[part])
}

/**
 * Writes the page, readable by its owner only. Whoever looks sees the old file or the whole new one.
 *
 * @param {'heap' | 'diff'} name
 * @returns {string} the path of the file that was written
 */
function writePage (file, name, data) {
  try {
    const target = targetOf(file)
    const unfinished = path.join(path.dirname(target), `.${path.basename(target)}.${crypto.randomUUID()}`)
    try {
      fs.writeFileSync(unfinished, pageOf(name, data), { mode: 0o600, flag: 'wx' })
      fs.renameSync(unfinished, target)
    } catch (error) {
      fs.rmSync(unfinished, { force: true })
      throw error
    }
    return target
  } catch (error) {
    throw Object.assign(new Error(`cannot write ${file}: ${error.message}`, { cause: error }), { code: 'ERR_MEMWATCH_IO' })
  }
}

/** A file behind a link is replaced, not the link; devices and folders are not replaced at all. */
function targetOf (file) {
  const target = fs.existsSync(file) ? fs.realpathSync(file) : path.resolve(file)
  if (fs.existsSync(target) && !fs.statSync(target).isFile()) throw new Error('it is there and is not a regular file')
  return target
}

module.exports = { writePage }
