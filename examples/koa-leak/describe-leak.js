// A `leak` event as lines for people.
'use strict'

const path = require('node:path')

const HERE = path.join(__dirname, '/')
const ROOT = path.join(__dirname, '../../')
const SHOWN = 3
const LABEL = 10
const CUT = ' … '
/** What is kept before the cut: of a path its end tells more, of a stack its beginning. */
const HEAD_OF_PATH = 0.25
const HEAD_OF_STACK = 0.7

/**
 * @param {object} leak
 * @param {number} width that a line of details may have
 * @returns {string[]} what happened, and of a leak the details
 */
function describeLeak ({ state, message, severity, eta, suspects }, width) {
  const headline = `${state.toUpperCase().padEnd(9)} ${message}`
  if (state !== 'leak') return [headline]
  const paths = suspects.retainerPaths ?? [`not known: ${suspects.note}`]
  const stacks = (suspects.allocationStacks ?? []).map((stack) => stack.replaceAll(HERE, '').replaceAll(ROOT, ''))
  return [
    headline,
    detail('severity', `${severity}, heap limit in ${duration(eta.heapLimitMs)}`),
    ...paths.slice(0, SHOWN).map((steps) => detail('path', withoutMiddle(steps, width - LABEL, HEAD_OF_PATH))),
    ...stacks.slice(0, SHOWN).map((stack) => detail('stack', withoutMiddle(stack, width - LABEL, HEAD_OF_STACK)))
  ]
}

function detail (label, text) {
  return label.padEnd(LABEL) + text
}

function duration (interval) {
  return interval === null ? 'an unknown time' : `about ${Math.round(interval.estimate / 1000)} s`
}

/** Cut between words where there are any, so that no number loses digits. */
function withoutMiddle (text, width, headShare) {
  if (text.length <= width) return text
  const kept = Math.max(0, width - CUT.length)
  const head = Math.ceil(kept * headShare)
  const tail = text.length - (kept - head)
  const headEnd = text.lastIndexOf(' ', head)
  const tailStart = text.indexOf(' ', tail - 1)
  return text.slice(0, headEnd < 0 ? head : headEnd) + CUT + text.slice(tailStart < 0 ? tail : tailStart + 1)
}

module.exports = { describeLeak }
