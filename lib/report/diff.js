// Draws the page of a comparison from the JSON that stands in it. Every number comes from there. Runs in browsers, after
// elements.js.
'use strict'

const { files, snapshots, growth, classes, survivors, growingPaths } = readData()

/** Rows drawn in one table; the rest is counted. */
const MAX_ROWS = 300

/** A table: the first column has the names, each column a title and what it says of a row. */
function drawTable (id, rows, columns) {
  if (rows.length === 0) {
    $(id).replaceWith(element('p', { className: 'nothing muted' }, 'Nothing.'))
    return
  }
  const className = (index) => index === 0 ? 'name' : ''
  const heads = columns.map(([title], index) =>
    element('th', { className: className(index), attributes: { scope: 'col' } }, element('span', {}, title)))
  const row = (one) => element('tr', {}, ...columns.map(([, content], index) =>
    element('td', { className: className(index) }, ...[content(one)].flat())))
  $(id).append(element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows.slice(0, MAX_ROWS).map(row)))
  if (rows.length > MAX_ROWS) {
    $(id).parentElement.after(element('p', { className: 'muted hint' }, `The first ${MAX_ROWS} of ${counted(rows.length)}.`))
  }
}

/** With the whole of it as the title, where the cell is too narrow. */
function nameOf (text) {
  const made = named(text)
  made.title = text
  return made
}

document.title = `${files.join(' → ')} – memwatch-rs`
$('files').textContent = files.join(' → ')
drawNumbers([['Growth', signedBytes(growth)],
  ...snapshots.map(({ nodeCount, totalSize }, at) => [files[at], `${bytes(totalSize)} in ${counted(nodeCount)} nodes`])])
if (survivors === null) $('survivors-section').remove()
else {
  drawTable('survivors', survivors, [['Class', ({ name }) => nameOf(name)], ['Largest', ({ largestId }) => `@${largestId}`],
    ['Count', ({ count }) => counted(count)], ['Size', ({ size }) => [bar(size / survivors[0].size), bytes(size)]]])
}
drawTable('growing', growingPaths, [
  ['Path', ({ steps }) => nameOf(steps.map(({ edgeName, className }) => `${edgeName} (${className})`).join(' → '))],
  ['Objects', ({ counts }) => counts.map(counted).join(' → ')],
  ['Retained', ({ retainedSize }) => [bar(retainedSize / growingPaths[0].retainedSize), bytes(retainedSize)]]
])
drawTable('classes', classes, [['Class', ({ name }) => nameOf(name)],
  ['Allocated', ({ allocatedCount, allocatedSize }) => `${counted(allocatedCount)} (${bytes(allocatedSize)})`],
  ['Freed', ({ freedCount, freedSize }) => `${counted(freedCount)} (${bytes(freedSize)})`],
  ['Resized', ({ resizedSize }) => signedBytes(resizedSize)],
  ['Growth', ({ growth }) => signedBytes(growth)]])
