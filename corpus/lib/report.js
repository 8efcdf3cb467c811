// The results of a run as text.
'use strict'

const { isRight, score } = require('./score')

const HEADER = ['case', 'kind', 'suspect', 'leak', 'state', 'full GCs', 'named', '']
const MOST_ERROR_TEXT = 200

const oneLine = (text) => text.replace(/\s+/g, ' ').slice(0, MOST_ERROR_TEXT)
const orDash = (value) => value === null ? '-' : String(value)
const percent = (share) => share === null ? '-' : `${(100 * share).toFixed(0)} %`
const rounded = (share) => share === null ? '-' : share.toFixed(3)

function rowOf (result) {
  const named = result.kind === 'leak' ? (result.isNamed ? 'yes' : 'no') : '-'
  return [result.id, result.kind, orDash(result.firstSuspectAt), orDash(result.firstLeakAt), orDash(result.finalState),
    String(result.fullCollections), named, isRight(result) ? 'ok' : 'WRONG']
}

function tableOf (rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column])).join('  ').trimEnd())
}

/** One line while the run goes on. */
function progressLine (result) {
  const { id, seed, error } = result
  if (error !== undefined) return `seed ${seed}  ${id}  ERROR ${oneLine(error)}`
  return `seed ${seed}  ${id}  suspect ${orDash(result.firstSuspectAt)}  leak ${orDash(result.firstLeakAt)}  of ${result.fullCollections}  ${isRight(result) ? 'ok' : 'WRONG'}`
}

/** The numbers of some results, with the names of those that are wrong. */
function summary (results) {
  const counts = score(results)
  const done = results.filter(({ error }) => error === undefined)
  const wrong = done.filter((result) => !isRight(result)).map(({ id, seed }) => `${id} (seed ${seed})`)
  return [
    ...tableOf([
      ['', 'called leak', 'not called'],
      ['leaking', String(counts.truePositives), String(counts.falseNegatives)],
      ['benign', String(counts.falsePositives), String(counts.trueNegatives)]
    ]),
    `precision ${rounded(counts.precision)}, recall ${rounded(counts.recall)}`,
    `median full collections to suspect ${orDash(counts.medianCollectionsToSuspect)}, to leak ${orDash(counts.medianCollectionsToLeak)}`,
    `suspect named in ${percent(counts.named)} of the leaking cases`,
    `wrong: ${wrong.join(', ') || 'none'}`,
    ...results.filter(({ error }) => error !== undefined).map(({ id, seed, error }) => `ERROR ${id} (seed ${seed}): ${oneLine(error)}`)
  ].join('\n')
}

/** A block a seed and, where there are several, the total. */
function report (results) {
  const seeds = [...new Set(results.map(({ seed }) => seed))]
  const blocks = seeds.map((seed) => {
    const ofSeed = results.filter((result) => result.seed === seed)
    const rows = ofSeed.filter(({ error }) => error === undefined).map(rowOf)
    return [`== seed ${seed}`, ...tableOf([HEADER, ...rows]), '', summary(ofSeed)].join('\n')
  })
  if (seeds.length > 1) blocks.push(`== all seeds\n${summary(results)}`)
  return blocks.join('\n\n')
}

module.exports = { orDash, progressLine, report, rounded }
