// What the scripts of all report pages share: elements, numbers and names as text. Every name of a heap becomes text of a
// node, never markup.
'use strict'

/* exported bar, command, counted, drawNumbers, named, quoted, readData, signedBytes */

const $ = (id) => document.getElementById(id)

/** An element; strings among the content become text. */
function element (name, { className, attributes = {}, onclick } = {}, ...content) {
  const made = document.createElement(name)
  if (className) made.className = className
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (onclick) made.addEventListener('click', onclick)
  made.append(...content)
  return made
}

/** A name of the heap, kept from reordering the text around it. */
const named = (text, className) => element('bdi', { className }, text)

function bytes (count) {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let unit = 0
  let value = count
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`
}

const counted = (count) => count.toLocaleString('en')

const signedBytes = (count) => count < 0 ? `−${bytes(-count)}` : `${count > 0 ? '+' : ''}${bytes(count)}`

const readData = () => JSON.parse($('data').textContent)

function drawNumbers (numbers) {
  $('totals').append(...numbers.map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, value))))
}

function bar (part) {
  const made = element('span', { className: 'bar', attributes: { 'aria-hidden': 'true' } })
  made.style.width = `${Math.round(80 * part)}px`
  return made
}

const quoted = (name) => /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
const command = (text) => element('code', { className: 'command' }, `npx memwatch-rs ${text}`)
