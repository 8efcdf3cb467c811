// The corpus itself: that its cases, tuning and traces belong together, that the baselines are the rules they are called after, and
// that results are counted right. `npm run corpus` runs the cases.
'use strict'

const test = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const binding = require('../binding.js')
const { temporaryFolder } = require('./child')
const { caseIds } = require('../corpus/lib/case-ids')
const { namesSuspect } = require('../corpus/lib/names-suspect')
const { report } = require('../corpus/lib/report')
const { runCase } = require('../corpus/lib/run-case')
const { isGoodEnough, score } = require('../corpus/lib/score')
const classic = require('../corpus/detectors/classic')
const mannKendall = require('../corpus/detectors/mann-kendall')
const ols = require('../corpus/detectors/ols')
const tuning = require('../corpus/tuning.json')

const TRACES = path.join(__dirname, '..', 'corpus', 'traces')
const COLUMNS = ['ms', 'live', 'external', 'rss', 'limit']

const traceFiles = (seed) => fs.readdirSync(path.join(TRACES, seed)).sort()

/** What a rule says of each reading. */
function verdicts ({ createRule }, readings) {
  const seesLeak = createRule()
  return readings.map((liveBytes) => seesLeak(liveBytes))
}

/** The numbers from 0 on, so mixed that this many pairs are in the wrong order. */
function withInversions (length, inversions) {
  const mixed = []
  let left = inversions
  for (let next = length - 1; next >= 0; next--) {
    const later = Math.min(left, mixed.length)
    mixed.splice(later, 0, next)
    left -= later
  }
  return mixed
}

test('every_case_has_a_pace_and_a_trace', () => {
  assert.deepEqual(Object.keys(tuning).sort(), caseIds())
  assert.deepEqual(traceFiles('seed-1'), caseIds().map((id) => `${id}.json`))
})

test('traces_hold_the_columns_that_they_name', () => {
  for (const seed of fs.readdirSync(TRACES)) {
    for (const file of traceFiles(seed)) {
      const { id, node, columns, series } = JSON.parse(fs.readFileSync(path.join(TRACES, seed, file), 'utf8'))
      assert.equal(`${id}.json`, file)
      assert.match(node, /^v\d+/)
      assert.deepEqual(columns, COLUMNS.slice(0, columns.length))
      assert.ok(columns.length >= 3 && series.length >= 50, `${seed}/${file}`)
      for (const row of series) {
        assert.equal(row.length, columns.length)
        assert.ok(row.every(Number.isFinite), `${seed}/${file}`)
      }
    }
  }
})

/** Without loading the package of the case, which may not be installed. */
const textOf = (id) => fs.readFileSync(path.join(__dirname, '..', 'corpus', 'cases', `${id}.js`), 'utf8')
const kindOf = (id) => /kind: '(leak|benign)'/.exec(textOf(id))[1]
/** Of somebody who did not know the detector. */
const isHeldOut = ({ id }) => textOf(id).includes('written for the held-out test')

/** What the default detector says of a trace, as `npx memwatch-rs replay` does. It has no heap to look for paths in. */
function replayed (folder, { id, node, columns, series }) {
  const column = (row, name) => row[columns.indexOf(name)] ?? null
  const header = {
    memwatchSeries: 1,
    node,
    pid: 1,
    thread: 0,
    startedMs: 0,
    columns: ['ms', 'live', 'external', 'rss', 'heapTotal', 'limit', 'cgroupLimit', 'forced']
  }
  const rows = series.map((row) => [
    column(row, 'ms'), column(row, 'live'), column(row, 'external'), null, null, column(row, 'limit'), null, 0
  ])
  const file = path.join(folder, `${id}.series`)
  fs.writeFileSync(file, [header, ...rows].map((row) => JSON.stringify(row) + '\n').join(''))
  const { reports } = binding.replay(file)
  const firstAt = (wanted) => reports.find(({ leak: { state } }) => state === wanted)?.collection ?? null
  return { firstSuspectAt: firstAt('suspect'), firstLeakAt: firstAt('leak'), finalState: reports.at(-1)?.leak.state ?? null }
}

test('the_default_detector_is_right_about_most_traces_by_the_series_alone', (t) => {
  const folder = temporaryFolder(t)
  for (const seed of fs.readdirSync(TRACES)) {
    const results = traceFiles(seed).map((file) => {
      const trace = JSON.parse(fs.readFileSync(path.join(TRACES, seed, file), 'utf8'))
      return resultOf(kindOf(trace.id), null, { id: trace.id, seed, fullCollections: trace.series.length, ...replayed(folder, trace) })
    })
    const { precision, recall, medianCollectionsToSuspect } = score(results)
    t.diagnostic(`${seed}: precision ${precision}, recall ${recall}`)
    assert.ok(precision >= 0.92 && recall >= 0.9, `\n${report(results)}`)
    const ownResults = results.filter((result) => !isHeldOut(result))
    const own = score(ownResults)
    assert.ok(own.precision >= 0.95 && own.recall >= 0.9, `\n${report(ownResults)}`)
    assert.ok(medianCollectionsToSuspect <= 20, `${medianCollectionsToSuspect}`)
  }
})

test('classic_wants_five_rises_in_a_row', () => {
  assert.deepEqual(verdicts(classic, [1, 2, 3, 4, 5, 6]), [false, false, false, false, false, true])
  assert.ok(!verdicts(classic, [1, 2, 3, 4, 5, 5, 6, 7, 8, 9]).includes(true))
})

test('ols_wants_twenty_readings_close_to_a_rising_line', () => {
  const line = Array.from({ length: 20 }, (_, x) => 100 + x)
  assert.equal(verdicts(ols, line).indexOf(true), 19)
  assert.ok(!verdicts(ols, [...line].reverse()).includes(true))
  assert.ok(!verdicts(ols, line.map((y, x) => y + (x % 2) * 20)).includes(true))
  assert.ok(!verdicts(ols, line.map(() => 100)).includes(true))
})

test('mann_kendall_wants_a_trend_that_chance_makes_one_time_in_twenty', () => {
  // Of 190 pairs: the concordance is 62 with 64 in the wrong order, z is 61 / √950 = 1.979; with one more z is 1.914.
  assert.equal(verdicts(mannKendall, withInversions(20, 64)).at(-1), true)
  assert.equal(verdicts(mannKendall, withInversions(20, 65)).at(-1), false)
  assert.equal(verdicts(mannKendall, withInversions(20, 190)).at(-1), false)
  assert.equal(verdicts(mannKendall, new Array(20).fill(7)).at(-1), false)
})

test('only_what_the_suspects_of_a_leak_say_names_it', () => {
  const suspects = { allocationStacks: null, classes: ['Map'], routes: null, retainerPaths: ['global.app → sessions'], note: 'cache' }
  assert.equal(namesSuspect([{ state: 'leak', suspects }], 'sessions|store'), true)
  assert.equal(namesSuspect([{ state: 'suspect', suspects }], 'sessions|store'), false)
  assert.equal(namesSuspect([{ state: 'leak', suspects }], 'cache'), false)
  assert.equal(namesSuspect([{ state: 'leak' }], 'sessions'), false)
  assert.equal(namesSuspect([{ state: 'leak', suspects }], null), false)
})

const resultOf = (kind, firstLeakAt, more) => ({
  id: 'one', seed: 1, kind, firstSuspectAt: null, firstLeakAt, finalState: null, isNamed: false, fullCollections: 60, ...more
})

test('results_are_counted_by_what_was_called_a_leak', () => {
  const results = [
    resultOf('leak', 20, { firstSuspectAt: 10, isNamed: true }),
    resultOf('leak', 31),
    resultOf('leak', null, { firstSuspectAt: 15 }),
    resultOf('benign', 40),
    resultOf('benign', null),
    { id: 'broken', seed: 1, error: 'ended by SIGKILL' }
  ]
  assert.deepEqual(score(results), {
    cases: 6,
    errors: 1,
    truePositives: 2,
    falseNegatives: 1,
    falsePositives: 1,
    trueNegatives: 1,
    precision: 2 / 3,
    recall: 2 / 3,
    medianCollectionsToSuspect: 12.5,
    medianCollectionsToLeak: 25.5,
    named: 1 / 3
  })
})

test('a_detector_that_calls_nothing_a_leak_is_not_good_enough', () => {
  assert.equal(isGoodEnough(score([resultOf('leak', null), resultOf('benign', null)])), false)
  assert.equal(isGoodEnough(score([resultOf('leak', 9), resultOf('benign', 9)])), false)
  assert.equal(isGoodEnough(score([resultOf('leak', 9), resultOf('benign', null)])), true)
})

test('the_report_has_a_block_a_seed_and_lists_what_is_wrong', () => {
  const text = report([resultOf('leak', null), resultOf('benign', 7, { id: 'other', seed: 2 }), { id: 'broken', seed: 2, error: 'ended by SIGKILL' }])
  assert.match(text, /== seed 1\n[^]*== seed 2\n[^]*== all seeds\n/)
  assert.match(text, /wrong: one \(seed 1\), other \(seed 2\)/)
  assert.match(text, /ERROR broken \(seed 2\): ended by SIGKILL/)
})

test('buffers_that_stay_are_an_external_leak_with_a_path', async () => {
  const { events, error } = await runCase('upload-buffers', { seed: 1, detector: 'memwatch-rs' })
  assert.equal(error, undefined)
  const leak = events.find(({ state, kind }) => state === 'leak' && kind === 'external')
  assert.ok(leak, JSON.stringify(events))
  assert.equal(events.find(({ id }) => id === leak.id).state, 'suspect', 'it was a suspect before')
  assert.ok(leak.suspects.retainerPaths.some((path) => path.includes('Buffer')), JSON.stringify(leak))
})

test('a_heap_that_is_only_large_is_nothing', async () => {
  const { events, error, fullCollections } = await runCase('large-heap', { seed: 1, detector: 'memwatch-rs' })
  assert.equal(error, undefined)
  assert.ok(fullCollections > 30, `${fullCollections}`)
  assert.deepEqual(events.filter(({ state }) => state === 'leak'), [])
})

test('a_case_that_cannot_run_is_an_error', async () => {
  const unknown = await runCase('no-such-case', { seed: 1 })
  assert.match(unknown.error, /Cannot find module/)
  const ended = await runCase('request-map', { seed: 1, node: 'false' })
  assert.match(ended.error, /^ended by code 1/)
  const missing = await runCase('request-map', { seed: 1, node: path.join(__dirname, 'no-such-node') })
  assert.match(missing.error, /ENOENT/)
})
