// The ring's columns as one object a collection.
'use strict'

/** Sizes that were not read are `null` in objects, `NaN` in columns. */
function toObjects (columns) {
  const { length, lost, ...fields } = columns
  const entries = Object.entries(fields)
  const events = Array.from({ length }, (_, at) =>
    Object.fromEntries(entries.map(([name, values]) => [name, Number.isNaN(values[at]) ? null : values[at]])))
  return { events, lost }
}

module.exports = { toObjects }
