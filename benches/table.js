// Results as aligned text for people, or as Markdown for the document.
'use strict'

/** @param {{ title: string, note: string, head: string[], rows: string[][] }} table */
function print (table, markdown) {
  const lines = markdown ? asMarkdown(table) : asText(table)
  process.stdout.write(`${lines.join('\n')}\n\n`)
}

function asMarkdown ({ title, note, head, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [`### ${title}`, '', `${note}.`, '', line(head), line(head.map(() => '---')), ...rows.map(line)]
}

function asText ({ title, note, head, rows }) {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column].length)))
  const line = (cells) => cells.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()
  return [`${title} (${note})`, line(head), ...rows.map(line)]
}

/** `estimate (low to high)` */
function interval ({ low, estimate, high }, digits) {
  return `${estimate.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

module.exports = { print, interval }
