// Checks what callers pass, once, at the edge. Everything that is wrong is a `TypeError` with a code.
'use strict'

const os = require('node:os')
const path = require('node:path')
const { fileURLToPath } = require('node:url')
const { threadId } = require('node:worker_threads')
const binding = require('../binding.js')

const MAX_CAPACITY = 262144
// What the addon counts to.
const MAX_RESULTS = 2 ** 32 - 1
const MAX_ROUNDS = 1000

function invalid (code, message) {
  return Object.assign(new TypeError(message), { code })
}

/** @returns {object} the fields to change, as the addon takes them */
function configChange (options) {
  checkFields('configure(options)', options, ['capacity', 'threshold', 'detector', 'recorder', 'record', 'nearHeapLimit', 'captures', 'allocations'])
  const change = {}
  const { capacity, threshold, detector, recorder, record, nearHeapLimit, captures, allocations } = options
  if (capacity !== undefined) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
      throw invalid('ERR_MEMWATCH_INVALID_CAPACITY',
        `capacity must be a whole number of records from 1 to ${MAX_CAPACITY}, not ${show(capacity)}`)
    }
    change.capacity = capacity
  }
  if (threshold !== undefined) change.threshold = thresholdBytes(threshold)
  if (detector !== undefined) {
    if (!binding.detectors().includes(detector)) {
      throw invalid('ERR_MEMWATCH_INVALID_DETECTOR',
        `detector must be one of ${binding.detectors().map(show).join(', ')}, not ${show(detector)}`)
    }
    change.detector = detector
  }
  if (recorder !== undefined) change.recorder = recordingPath('recorder', recorder)
  if (record !== undefined) change.record = recordingPath('record', record)
  if (captures !== undefined) change.captures = flag('captures', captures)
  if (allocations !== undefined) change.allocations = flag('allocations', allocations)
  if (nearHeapLimit !== undefined) change.nearHeapLimit = heapLimitPlan(nearHeapLimit)
  return change
}

function heapLimitPlan (options) {
  if (options === null || options === false) return null
  checkFields('nearHeapLimit', options, ['captures', ...UNNAMED_FILE_FIELDS, 'timeoutMs', 'stallMs', 'memoryLimit', 'force'])
  const { captures = 1, ...capture } = options
  return { captures: results('captures', captures), plan: captureOptions({ ...capture, as: 'snapshot' }).plan }
}

function thresholdBytes (threshold) {
  if (threshold === null || threshold === false) return null
  const bytes = typeof threshold === 'string' ? binding.parseBytes(threshold) : threshold
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw invalid('ERR_MEMWATCH_INVALID_THRESHOLD',
      `threshold must be a positive number of bytes or a size like '10 MB', not ${show(threshold)}`)
  }
  return bytes
}

// One file for each process and thread that shares the option: %p and %t.
function recordingPath (name, file) {
  if (file === null || file === false) return null
  if (typeof file !== 'string' || file === '' || file.includes('\0')) {
    throw invalid(`ERR_MEMWATCH_INVALID_${name.toUpperCase()}`, `${name} must be the path of a file, not ${show(file)}`)
  }
  return path.resolve(file.replaceAll('%p', process.pid).replaceAll('%t', threadId))
}

/** @returns {{ as: 'columns' | 'objects', since: number }} */
function historyOptions (options = {}) {
  checkFields('history(options)', options, ['as', 'since'])
  const { as = 'objects', since = 0 } = options
  if (as !== 'columns' && as !== 'objects') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `as must be 'columns' or 'objects', not ${show(as)}`)
  }
  if (!Number.isSafeInteger(since) || since < 0) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `since must be a sequence number, not ${show(since)}`)
  }
  return { as, since }
}

function traceStream (stream = process.stderr) {
  if (typeof stream?.write !== 'function') {
    throw invalid('ERR_MEMWATCH_INVALID_STREAM', `traceGc takes a writable stream, not ${show(stream)}`)
  }
  return stream
}

/** @returns {{ force: boolean, maxPauseMs?: number }} */
function heapDiffOptions (options = {}) {
  checkFields('HeapDiff(options)', options, ['force', 'maxPauseMs'])
  return { force: flag('force', options.force), maxPauseMs: pauseLimit(options.maxPauseMs) }
}

/** @returns {{ maxPauseMs?: number, paths: boolean, showStrings: boolean }} */
function heapDiffEndOptions (options = {}) {
  checkFields('end(options)', options, ['maxPauseMs', 'paths', 'showStrings'])
  const { maxPauseMs, paths, showStrings } = options
  return { maxPauseMs: pauseLimit(maxPauseMs), paths: flag('paths', paths), showStrings: flag('showStrings', showStrings) }
}

function pauseLimit (maxPauseMs) {
  if (maxPauseMs !== undefined && !(typeof maxPauseMs === 'number' && maxPauseMs > 0)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `maxPauseMs must be a number of milliseconds above 0, not ${show(maxPauseMs)}`)
  }
  return maxPauseMs
}

/** @returns {{ limits: { force: boolean, maxPauseMs?: number }, watch: { signal?: AbortSignal, onProgress?: Function } }} */
function openHeapOptions (options = {}) {
  checkFields('openHeap(options)', options, ['force', 'maxPauseMs', 'signal', 'onProgress'])
  const { force, maxPauseMs, signal, onProgress } = options
  return {
    limits: { force: flag('force', force), maxPauseMs: pauseLimit(maxPauseMs) },
    watch: openOptions('openHeap', { signal, onProgress })
  }
}

const CAPTURES = ['summary', 'classes', 'graph', 'snapshot', 'comparison']
const MODES = ['background', 'in-process']
/** What only a copy of the process has a use for. */
const COPY_FIELDS = ['timeoutMs', 'stallMs', 'memoryLimit', 'retries', 'engine']
/** Of captures that make no file. */
const CAPTURE_LIMITS = ['onProgress', 'signal', 'force', ...COPY_FIELDS]
const ENGINES = ['reader', 'v8']
/** What a snapshot file tells of what strings hold. */
const STRINGS = ['none', 'lengths', 'full']
const UNNAMED_FILE_FIELDS = ['directory', 'strings', 'gzip', 'maxFiles', 'maxBytes']
const FILE_FIELDS = ['path', ...UNNAMED_FILE_FIELDS]
const MINUTE_MS = 60_000

/** @returns {{ plan: object, watch: { signal?: AbortSignal, onProgress?: Function } }} the plan as the addon takes it */
function captureOptions (options = {}) {
  checkFields('capture(options)', options, ['as', 'mode', ...FILE_FIELDS, 'onProgress', 'signal', 'force', 'maxPauseMs',
    ...COPY_FIELDS])
  const { as = 'summary', mode = 'background', onProgress, signal, force, memoryLimit, maxPauseMs } = options
  if (!MODES.includes(mode)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `mode must be one of ${MODES.map(show).join(', ')}, not ${show(mode)}`)
  }
  const ofOther = (mode === 'background' ? ['maxPauseMs'] : COPY_FIELDS).find((name) => options[name] !== undefined)
  if (ofOther !== undefined) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `${ofOther} has no meaning in mode ${show(mode)}`)
  }
  if (!CAPTURES.includes(as)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `as must be one of ${CAPTURES.map(show).join(', ')}, not ${show(as)}`)
  }
  const { engine } = options
  if (engine !== undefined && !ENGINES.includes(engine)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `engine must be one of ${ENGINES.map(show).join(', ')}, not ${show(engine)}`)
  }
  if (as === 'comparison' && (engine !== undefined || mode === 'in-process')) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', "as: 'comparison' takes both engines, in a copy of the process")
  }
  const ofFile = FILE_FIELDS.find((name) => options[name] !== undefined)
  if (ofFile !== undefined && as !== 'snapshot') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `${ofFile} is for as: 'snapshot' alone`)
  }
  const plan = {
    suspects: as === 'summary',
    paths: as === 'graph',
    comparison: as === 'comparison',
    engine,
    stallMs: milliseconds('stallMs', options.stallMs, 20_000),
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs, 10 * MINUTE_MS),
    retries: retries(options.retries),
    force: flag('force', force)
  }
  if (as === 'snapshot') plan.file = fileOptions(options)
  if (memoryLimit !== undefined) plan.memoryLimit = byteSize('memoryLimit', memoryLimit)
  const watch = openOptions('capture', { onProgress, signal })
  if (mode === 'background') return { plan, watch }
  return { plan, watch, limits: { force: plan.force, maxPauseMs: pauseLimit(maxPauseMs) } }
}

/** @returns {object} the options of a capture: the path may be left out */
function writeSnapshotOptions ([first, ...rest]) {
  const isPath = first === undefined || first === null || typeof first === 'string' || first instanceof URL
  const [options = {}] = isPath ? rest : [first]
  checkFields('writeSnapshot(path, options)', options, ['mode', ...UNNAMED_FILE_FIELDS, 'onProgress',
    'signal', 'force', 'maxPauseMs', ...COPY_FIELDS])
  return { ...options, as: 'snapshot', path: isPath ? first ?? undefined : undefined }
}

/** @returns {object} where a snapshot file goes and what it may be like, as the addon takes it */
function fileOptions ({ path: file, directory, strings = 'none', gzip, maxFiles, maxBytes }) {
  if (!STRINGS.includes(strings)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `strings must be one of ${STRINGS.map(show).join(', ')}, not ${show(strings)}`)
  }
  if (file !== undefined && (directory ?? maxFiles) !== undefined) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', 'directory and maxFiles are for files without a path of their own')
  }
  const plan = { directory: path.resolve(directory === undefined ? '.' : snapshotPath(directory)), strings }
  if (file !== undefined) plan.path = path.resolve(snapshotPath(file))
  if (gzip !== undefined) plan.gzip = flag('gzip', gzip)
  if (maxFiles !== undefined) plan.maxFiles = results('maxFiles', maxFiles)
  if (maxBytes !== undefined) plan.maxBytes = byteSize('maxBytes', maxBytes)
  return plan
}

/** @returns {{ name: string, file: object }} the signal, and options of `writeSnapshot` */
function signalOptions (signal = 'SIGUSR2', file = {}) {
  if (!Object.hasOwn(os.constants.signals, signal) || signal === 'SIGKILL' || signal === 'SIGSTOP') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `a signal is given by its name, like 'SIGUSR2', not ${show(signal)}`)
  }
  checkFields('installSignalHandler(signal, options)', file, ['mode', ...UNNAMED_FILE_FIELDS, 'force', 'maxPauseMs',
    ...COPY_FIELDS])
  // What is wrong is told now, not when a signal comes.
  const { plan } = captureOptions({ ...file, as: 'snapshot' })
  return { name: signal, file: { ...file, directory: plan.file.directory } }
}

/** @returns {object} as `captureOptions` */
function backgroundDiffOptions (options = {}) {
  checkFields('HeapDiff.start(options)', options, CAPTURE_LIMITS)
  return captureOptions(options)
}

/** @returns {object} as `captureOptions`; `limits` are those of the start, whose engine reads the heap again */
function backgroundDiffEndOptions (options = {}, limits) {
  checkFields('end(options)', options, CAPTURE_LIMITS.filter((name) => name !== 'engine'))
  return captureOptions({ ...limits, ...options })
}

/** @returns {{ plan: object, watch: object, rounds: number, minGrowth: number, between: Function }} */
function growthOptions (options = {}) {
  checkFields('growth(options)', options, ['rounds', 'minGrowth', 'between', ...CAPTURE_LIMITS])
  const { rounds = 3, minGrowth, between, ...limits } = options
  if (typeof between !== 'function') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `between must be a function, not ${show(between)}`)
  }
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `rounds must be a whole number from 1 to ${MAX_ROUNDS}, not ${show(rounds)}`)
  }
  return { ...captureOptions(limits), rounds, minGrowth: results('minGrowth', minGrowth, rounds), between }
}

// What Node's timers wait at most.
const MAX_TIMER_MS = 2 ** 31 - 1

/** @returns {{ ms: number, interval?: number, path?: string, signal?: AbortSignal }} */
function profileOptions (name, options = {}) {
  checkFields(`${name}(options)`, options, ['ms', 'interval', 'path', 'signal'])
  const { interval, path: file, signal } = options
  const ms = milliseconds('ms', options.ms, 10_000)
  if (ms > MAX_TIMER_MS) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `ms must be at most ${MAX_TIMER_MS}, not ${show(ms)}`)
  }
  return {
    ms,
    interval: interval === undefined ? undefined : results('interval', interval),
    path: file === undefined ? undefined : path.resolve(snapshotPath(file)),
    signal: abortSignal(signal)
  }
}

function milliseconds (name, value, byDefault) {
  const number = value === undefined ? byDefault : value
  if (!(typeof number === 'number' && number >= 1 && number <= MAX_RESULTS)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `${name} must be a number of milliseconds from 1 to ${MAX_RESULTS}, not ${show(number)}`)
  }
  return number
}

function retries (number = 3) {
  if (!Number.isInteger(number) || number < 0 || number > 100) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `retries must be a whole number from 0 to 100, not ${show(number)}`)
  }
  return number
}

function byteSize (name, size) {
  const bytes = typeof size === 'string' ? binding.parseBytes(size) : size
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `${name} must be a positive number of bytes or a size like '2 GB', not ${show(size)}`)
  }
  return bytes
}

/** @returns {string} */
function snapshotPath (file) {
  const name = file instanceof URL && file.protocol === 'file:' ? fileURLToPath(file) : file
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `a file is given by its path, not ${show(file)}`)
  }
  return name
}

/** @returns {string[]} */
function snapshotPaths (files) {
  if (!Array.isArray(files) || files.length < 2) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', 'compareSnapshots(paths) takes a list of two files or more')
  }
  return files.map(snapshotPath)
}

/** @returns {{ signal?: AbortSignal, onProgress?: Function }} */
function openOptions (name, options = {}) {
  checkFields(`${name}(path, options)`, options, ['signal', 'onProgress'])
  const { signal, onProgress } = options
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `onProgress must be a function, not ${show(onProgress)}`)
  }
  return { signal: abortSignal(signal), onProgress }
}

function abortSignal (signal) {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `signal must be an AbortSignal, not ${show(signal)}`)
  }
  return signal
}

/** @returns {number} */
function nodeId (id) {
  if (!Number.isSafeInteger(id) || id < 0) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `a node is given by its id, a whole number, not ${show(id)}`)
  }
  return id
}

/** @returns {{ showStrings: boolean }} */
function stringOptions (name, options = {}) {
  checkFields(`${name}(options)`, options, ['showStrings'])
  return { showStrings: flag('showStrings', options.showStrings) }
}

/** @returns {{ count: number, showStrings: boolean }} */
function countOptions (name, options = {}) {
  checkFields(`${name}(options)`, options, ['count', 'showStrings'])
  return { count: results('count', options.count, 20), showStrings: flag('showStrings', options.showStrings) }
}

/** @returns {{ count: number, showStrings: boolean, signal?: AbortSignal }} */
function pathsOptions (options = {}) {
  checkFields('paths(id, options)', options, ['count', 'showStrings', 'signal'])
  return {
    count: results('count', options.count, 3),
    showStrings: flag('showStrings', options.showStrings),
    signal: abortSignal(options.signal)
  }
}

/** @returns {{ limit: number, showStrings: boolean }} */
function retainersOptions (options = {}) {
  checkFields('retainers(id, options)', options, ['limit', 'showStrings'])
  return { limit: results('limit', options.limit, 100), showStrings: flag('showStrings', options.showStrings) }
}

function results (name, value, byDefault) {
  const number = value === undefined ? byDefault : value
  if (!Number.isInteger(number) || number < 1 || number > MAX_RESULTS) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION',
      `${name} must be a whole number from 1 to ${MAX_RESULTS}, not ${show(number)}`)
  }
  return number
}

function flag (name, value = false) {
  if (typeof value !== 'boolean') {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `${name} must be true or false, not ${show(value)}`)
  }
  return value
}

function checkFields (where, options, known) {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw invalid('ERR_MEMWATCH_INVALID_OPTION', `${where} takes an object, not ${show(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw invalid('ERR_MEMWATCH_UNKNOWN_OPTION',
        `${where} knows no ${show(name)}; it knows ${known.join(', ')}`)
    }
  }
}

function show (value) {
  return typeof value === 'string' ? `'${value}'` : typeof value === 'bigint' ? `${value}n` : String(value)
}

module.exports = {
  backgroundDiffEndOptions,
  backgroundDiffOptions,
  captureOptions,
  configChange,
  countOptions,
  growthOptions,
  heapDiffEndOptions,
  heapDiffOptions,
  historyOptions,
  nodeId,
  openHeapOptions,
  openOptions,
  pathsOptions,
  profileOptions,
  retainersOptions,
  snapshotPath,
  signalOptions,
  snapshotPaths,
  stringOptions,
  traceStream,
  writeSnapshotOptions
}
