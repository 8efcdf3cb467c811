// Draws the page of one heap from the JSON that stands in it. Every number comes from there. Runs in browsers, after
// d3-hierarchy and elements.js.
'use strict'

const data = readData()
const { suspects, classes, overview: { tree, steps, paths } } = data

/** How deep the map looks at once. */
const LEVELS = 4
/** In pixels: what is too small to draw, what is large enough for a label, and for tiles inside. */
const SMALLEST = 4
const LABEL = { width: 48, height: 17 }
const FRAME = { width: 80, height: 50 }
const COLORS = 8
const BIGGEST = 50
/** Rows drawn at once. */
const MAX_ROWS = 300

const pathTo = new Map(paths.map(({ id, steps: at, fingerprint }) => [id, { steps: at.map((one) => steps[one]), fingerprint }]))
const position = new Map(tree.map(({ id }, at) => [id, at]))
const children = tree.map(() => [])
tree.forEach(({ parent }, at) => { if (parent !== null) children[parent].push(at) })

const share = (size) => `${(100 * size / (data.rootRetainedSize || 1)).toFixed(1)} %`

/** What the object of a step is: its class, or the words that include it. */
function objectOf ({ class: className, knownAs, kind, name }) {
  if (kind.includes('string')) return name
  if (knownAs === null) return className
  const isEnough = knownAs.startsWith(className) || className === 'Object' || className.startsWith('system /')
  return isEnough ? knownAs : `${className} (${knownAs})`
}

/** The object and the reference that holds it, unless its own words say that already. */
function heldObject (step) {
  const object = objectOf(step)
  return object.startsWith(step.edge) ? [named(object)] : [named(object), ' in ', named(step.edge)]
}

// ------------------------------------------------------------------------------------------- Totals

function drawTotals () {
  document.title = `${data.file} – memwatch-rs`
  $('file').textContent = data.file
  $('strings').textContent = data.showStrings
    ? 'This page holds contents of the heap’s strings: keep it as safe as the snapshot.'
    : 'Contents of the heap’s strings are hidden.'
  const totals = [
    ['Heap', bytes(data.totalSize)], ['Held by the roots', bytes(data.rootRetainedSize)], ['Nodes', counted(data.nodeCount)],
    ['References', counted(data.edgeCount)], ['Classes', counted(classes.length)], ['Suspects', counted(suspects.length)]
  ]
  drawNumbers(totals)
}

// ----------------------------------------------------------------------------------------- Suspects

function drawSuspects () {
  if (suspects.length === 0) {
    $('suspects').append(element('p', {}, 'None. Two snapshots of one process tell more: ',
      element('code', {}, 'memwatch-rs diff A B')))
  }
  $('suspects').append(...suspects.map(suspectButton))
}

function suspectButton (suspect) {
  const { accumulationPoint: point, accumulated, retainedSize, heapPercent, path } = suspect
  const last = path.steps.at(-1)
  const title = element('strong', {}, ...(last ? heldObject(last) : [named(point.name)]))
  const amount = element('span', { className: 'amount' }, `${bytes(retainedSize)} · ${heapPercent} %`)
  const more = element('div', { className: 'more' })
  if (accumulated) {
    more.append(`Most of it in ${counted(accumulated.count)} × `, named(accumulated.name), ` (${bytes(accumulated.retainedSize)})`)
  }
  if (suspect.parts.length > 0) {
    const [part] = suspect.parts
    more.append(accumulated ? '; largest part: ' : 'Largest part: ', named(part.edge), ` (${bytes(part.retainedSize)})`)
  }
  const fill = element('i')
  fill.style.width = `${heapPercent}%`
  return element('button', {
    className: 'suspect',
    attributes: { type: 'button', 'aria-pressed': 'false', 'data-id': point.id },
    onclick: () => choose(point.id, suspect)
  }, element('div', { className: 'line' }, title, amount), more, element('div', { className: 'meter' }, fill))
}

// --------------------------------------------------------------------------------- Why it is there

/** Shows what keeps an object alive, and marks the object wherever it is drawn. */
function choose (id, { path = pathTo.get(id), parts = [], accumulated = null } = {}) {
  for (const one of document.querySelectorAll('.suspect, .tile[data-id]')) {
    one.setAttribute('aria-pressed', String(one.dataset.id === String(id)))
  }
  for (const row of document.querySelectorAll('tr[data-id]')) row.classList.toggle('chosen', row.dataset.id === String(id))
  const last = path?.steps.at(-1)
  $('why').replaceChildren(...(last ? explanation(last, path, parts, accumulated?.example) : withoutPath(id, path)))
}

function explanation (last, { steps, fingerprint }, parts, example) {
  const facts = element('div', { className: 'facts' },
    element('span', {}, `@${last.id}`),
    element('span', {}, 'retains ', element('b', {}, bytes(last.retainedSize)), ` (${share(last.retainedSize)})`),
    element('span', {}, 'itself ', element('b', {}, bytes(last.shallowSize))))
  const list = element('ol', { className: 'path' }, ...steps.flatMap(stepItems))
  const shown = [element('div', { className: 'object' }, named(objectOf(last))), facts, list]
  if (example) {
    shown.push(element('div', { className: 'legend' }, 'What it holds, for example'),
      element('ol', { className: 'path' }, ...stepItems(example)))
  }
  if (parts.length > 0) {
    shown.push(element('div', { className: 'legend' }, 'Its largest parts'),
      element('ol', { className: 'path' }, ...parts.flatMap(stepItems)))
  }
  const legend = element('div', { className: 'legend' })
  if (steps.some(({ isSuspect }) => isSuspect)) {
    legend.append(element('u', {}, 'Underlined'), ' references may be the one that should have been cut. ')
  }
  if (fingerprint) legend.append('Fingerprint ', element('code', {}, fingerprint), ': the same for the same leak in other processes.')
  legend.append(command(`path ${quoted(data.file)} @${last.id}`))
  return [...shown, legend]
}

function stepItems (step) {
  const { edge, id, leaking, reason, isSuspect, leftOut, retainedSize } = step
  const target = element('div', { className: 'target' }, '→ ', objectLink(step), ` @${id}, ${bytes(retainedSize)}`)
  const verdict = element('div', { className: 'verdict' },
    element('span', { className: `badge ${leaking}` }, `leaking: ${leaking}`), reason ? ` ${reason}` : '')
  const item = element('li', { className: isSuspect ? `${leaking} is-suspect` : leaking },
    named(edge, 'edge mono'), target, verdict)
  const skipped = element('li', { className: 'left-out' }, `${counted(leftOut)} more like the next one`)
  return leftOut > 0 ? [skipped, item] : [item]
}

/** Goes there where the map can. */
function objectLink (step) {
  const at = position.get(step.id)
  if (at === undefined) return named(objectOf(step))
  return element('button', { attributes: { type: 'button' }, onclick: () => show(at) }, named(objectOf(step)))
}

function withoutPath (id, path) {
  if (path || id === tree[0].id) return [element('p', { className: 'muted' }, 'The root of the heap. Choose an object to see what keeps it alive.')]
  return [element('p', {}, `This page has no path to @${id}: only weak references lead there, or it was too long.`),
    command(`path ${quoted(data.file)} @${id}`)]
}

// ---------------------------------------------------------------------------------------------- Map

let shownAt = 0

/** Makes one node of the tree the whole map; a node that holds nothing is shown in what holds it. */
function show (at) {
  const isLeaf = children[at].length === 0
  shownAt = isLeaf && tree[at].parent !== null ? tree[at].parent : at
  drawMap()
  choose(tree[at].id)
}

function drawMap (focusAt) {
  drawCrumbs()
  const { width, height } = $('map').getBoundingClientRect()
  const laidOut = layout(shownAt, width, height)
  const drawn = laidOut.descendants()
    .filter((placed) => placed.depth > 0 && isAtLeast(placed, { width: SMALLEST, height: SMALLEST }))
    .filter(({ parent }) => parent.depth === 0 || isAtLeast(parent, FRAME))
  const palette = colorsOf(drawn)
  const tiles = drawn.map((placed) => tile(placed, palette))
  const buttons = tiles.filter((one) => one.dataset.id)
  for (const one of buttons) one.tabIndex = -1
  const first = buttons.find((one) => Number(one.dataset.at) === focusAt) ?? buttons[0]
  if (first) first.tabIndex = 0
  $('map').replaceChildren(...tiles)
  const { othersCount, othersSize } = tree[shownAt]
  $('map-note').textContent = children[shownAt].length > 0
    ? `${counted(children[shownAt].length)} objects are shown here` +
      (othersCount > 0 ? `; ${counted(othersCount)} smaller ones together retain ${bytes(othersSize)}.` : '.')
    : `Nothing large enough to be shown: ${counted(othersCount)} smaller objects together retain ${bytes(othersSize)}.`
  return first
}

/** Places a node and what it dominates; sizes are those of the data, so what is the node's own stays free. */
function layout (at, width, height) {
  const root = globalThis.d3.hierarchy({ at, level: 0 }, ({ at, level }) => {
    if (at === null || level === LEVELS) return null
    const inside = children[at].map((child) => ({ at: child, level: level + 1, size: tree[child].retainedSize }))
    const { othersCount, othersSize } = tree[at]
    if (othersSize > 0) inside.push({ at: null, level: level + 1, size: othersSize, count: othersCount })
    return inside
  })
  root.each((node) => { node.value = node.depth === 0 ? tree[at].retainedSize : node.data.size })
  root.sort((a, b) => Number(a.data.at === null) - Number(b.data.at === null) || b.value - a.value)
  return globalThis.d3.treemap().size([width, height]).round(true).paddingInner(2)
    .paddingTop(({ depth }) => depth === 0 ? 2 : LABEL.height + 3)
    .paddingRight(2).paddingBottom(2).paddingLeft(2)(root)
}

const isAtLeast = ({ x0, x1, y0, y1 }, { width, height }) => x1 - x0 >= width && y1 - y0 >= height

/** A colour for each of the classes that take most of what is drawn, and one for all others. */
function colorsOf (drawn) {
  const areas = new Map()
  for (const { data: { at }, x0, x1, y0, y1 } of drawn) {
    if (at !== null && !tree[at].isInternal) areas.set(tree[at].class, (areas.get(tree[at].class) ?? 0) + (x1 - x0) * (y1 - y0))
  }
  const largest = [...areas].sort(([, a], [, b]) => b - a).slice(0, COLORS)
  return new Map(largest.map(([name], index) => [name, index]))
}

function tile (placed, palette) {
  const { data: { at, size, count }, x0, x1, y0, y1 } = placed
  const isFrame = placed.children !== undefined && isAtLeast(placed, FRAME)
  const isOthers = at === null
  const label = isOthers ? `… ${counted(count)} others` : labelOf(at)
  const content = isAtLeast(placed, LABEL)
    ? [element('span', { className: 'label' }, named(label), ' ', element('span', { className: 'size' }, bytes(size)))]
    : []
  const about = `${label}, ${bytes(size)}, ${share(size)} of the heap`
  const made = isOthers
    ? element('div', { className: 'tile others', attributes: { title: about } }, ...content)
    : element('button', {
      className: isFrame ? 'tile' : 'tile leaf',
      attributes: { type: 'button', title: about, 'aria-label': about, 'aria-pressed': 'false', 'data-id': tree[at].id, 'data-at': at },
      onclick: () => enter(at)
    }, ...content)
  made.style.setProperty('--c', `var(--c${palette.get(tree[at]?.class) ?? COLORS})`)
  Object.assign(made.style, { left: `${x0}px`, top: `${y0}px`, width: `${x1 - x0}px`, height: `${y1 - y0}px` })
  return made
}

/** What the program calls it, and from where it holds it. */
function labelOf (at) {
  const last = pathTo.get(tree[at].id)?.steps.at(-1)
  if (!last) return tree[at].name
  const object = objectOf(last)
  return object.startsWith(last.edge) ? object : `${object} in ${last.edge}`
}

function enter (at) {
  const hadFocus = $('map').contains(document.activeElement)
  if (children[at].length > 0) shownAt = at
  const first = drawMap(at)
  if (hadFocus) first?.focus()
  choose(tree[at].id)
}

function leave () {
  const from = shownAt
  if (tree[from].parent === null) return
  shownAt = tree[from].parent
  drawMap(from)?.focus()
  choose(tree[shownAt].id)
}

function drawCrumbs () {
  const chain = []
  for (let at = shownAt; at !== null; at = tree[at].parent) chain.unshift(at)
  // Of a chain as deep as a list is long, the ends.
  const hidden = chain.length > 8 ? chain.splice(3, chain.length - 7) : []
  const crumbs = chain.flatMap((at, index) => [
    ...(index > 0 ? [element('span', {}, '›')] : []),
    ...(index === 3 && hidden.length > 0 ? [element('span', {}, `… ${counted(hidden.length)} more … ›`)] : []),
    element('button', {
      attributes: { type: 'button', ...(at === shownAt ? { 'aria-current': 'location' } : {}) },
      onclick: () => show(at)
    }, named(at === 0 ? 'heap' : labelOf(at)))
  ])
  $('crumbs').replaceChildren(...crumbs)
}

function onMapKey (event) {
  const buttons = [...$('map').querySelectorAll('button.tile')]
  const at = buttons.indexOf(document.activeElement)
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (event.key === 'Escape' || event.key === 'Backspace') leave()
  else if (step !== undefined && at >= 0) {
    const next = buttons[(at + step + buttons.length) % buttons.length]
    buttons[at].tabIndex = -1
    next.tabIndex = 0
    next.focus()
  } else return
  event.preventDefault()
}

// ------------------------------------------------------------------------------------------- Tables

const CLASS_COLUMNS = [
  { title: 'Class', value: ({ name }) => name, className: 'name' },
  { title: 'Count', value: ({ count }) => count, text: counted },
  { title: 'Shallow', value: ({ shallowSize }) => shallowSize, text: bytes },
  { title: 'Retained', value: ({ retainedSize }) => retainedSize, text: bytes, hasBar: true }
]
const order = { column: CLASS_COLUMNS[3], isDescending: true }

function drawClasses () {
  const wanted = $('filter').value.toLowerCase()
  const found = classes.filter(({ name }) => name.toLowerCase().includes(wanted))
  const { column, isDescending } = order
  const compare = (a, b) => typeof a === 'string' ? a.localeCompare(b) : a - b
  found.sort((a, b) => compare(column.value(a), column.value(b)) * (isDescending ? -1 : 1))
  const shown = found.slice(0, MAX_ROWS)
  const largest = Math.max(1, ...classes.map(({ retainedSize }) => retainedSize))
  $('classes').replaceChildren(
    element('thead', {}, element('tr', {}, ...CLASS_COLUMNS.map(heading))),
    element('tbody', {}, ...shown.map((one) => classRow(one, largest))))
  const cut = shown.length < found.length ? `The first ${counted(shown.length)} of ` : ''
  $('classes-note').textContent = `${cut}${counted(found.length)} of ${counted(classes.length)} classes`
}

function heading (column) {
  const sort = order.column === column ? (order.isDescending ? 'descending' : 'ascending') : 'none'
  return element('th', { className: column.className, attributes: { scope: 'col', 'aria-sort': sort } },
    element('button', { attributes: { type: 'button' }, onclick: () => sortBy(column) }, column.title))
}

function sortBy (column) {
  order.isDescending = order.column === column ? !order.isDescending : column.className !== 'name'
  order.column = column
  drawClasses()
  $('classes').querySelectorAll('th button')[CLASS_COLUMNS.indexOf(column)].focus()
}

function classRow (one, largest) {
  const cells = CLASS_COLUMNS.map((column) => {
    const value = column.value(one)
    if (column.className === 'name') return nameCell(value, one.largestId)
    const cell = element('td', {}, column.text(value))
    if (column.hasBar) cell.prepend(bar(value / largest))
    return cell
  })
  return element('tr', { attributes: { 'data-id': one.largestId } }, ...cells)
}

function nameCell (name, id) {
  return element('td', { className: 'name' }, element('button', {
    attributes: { type: 'button', title: name }, onclick: () => choose(id)
  }, named(name)))
}

function drawBiggest () {
  const rows = tree.map((node, at) => ({ node, at })).filter(({ node }) => !node.isInternal).slice(0, BIGGEST)
  const titles = ['Object', 'Id', 'Shallow', 'Retained'].map((title, index) =>
    element('th', { className: index === 0 ? 'name' : '', attributes: { scope: 'col' } }, element('span', {}, title)))
  $('biggest').append(element('thead', {}, element('tr', {}, ...titles)), element('tbody', {}, ...rows.map(({ node, at }) =>
    element('tr', { attributes: { 'data-id': node.id } },
      nameCell(labelOf(at), node.id),
      element('td', {}, `@${node.id}`),
      element('td', {}, bytes(node.shallowSize)),
      element('td', {}, bar(node.retainedSize / (tree[0].retainedSize || 1)), bytes(node.retainedSize))))))
}

drawTotals()
drawSuspects()
drawClasses()
drawBiggest()
drawMap()
if (suspects.length > 0) choose(suspects[0].accumulationPoint.id, suspects[0])
else choose(tree[0].id)
$('map').addEventListener('keydown', onMapKey)
$('filter').addEventListener('input', drawClasses)
window.addEventListener('resize', () => drawMap())
