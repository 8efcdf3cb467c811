// A snapshot file for a signal, and capturing without a copy of the process.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, inChild, runChild, temporaryFolder } = require('./child')
const memwatch = require('..')

const { backgroundCapture, backgroundCaptureReason } = memwatch.capabilities

describe('a signal handler', { skip: !backgroundCapture && backgroundCaptureReason }, () => {
  it('writes one file for all signals that come meanwhile, until it is removed', async (t) => {
    const directory = temporaryFolder(t)
    const { written, count, listeners } = await inChild(async (memwatch, tools, directory) => {
      const remove = memwatch.installSignalHandler('SIGUSR2', { directory, strings: 'lengths' })
      const next = () => new Promise((resolve) => memwatch.once('snapshot', resolve))
      const written = []
      let count = 0
      memwatch.on('snapshot', () => count++)
      for (let round = 0; round < 2; round++) {
        const file = next()
        for (let at = 0; at < 5; at++) process.kill(process.pid, 'SIGUSR2')
        written.push(await file)
      }
      const other = memwatch.installSignalHandler(undefined, { directory, maxFiles: 1 })
      remove()
      const file = next()
      process.kill(process.pid, 'SIGUSR2')
      written.push(await file)
      other()
      return { written, count, listeners: process.listenerCount('SIGUSR2') }
    }, { argument: directory })
    assert.deepEqual([count, listeners], [3, 0])
    assert.deepEqual(written.map(({ reason }) => reason), new Array(3).fill('SIGUSR2'))
    assert.deepEqual(fs.readdirSync(directory), [path.basename(written[2].path)])
    await memwatch.openSnapshot(written[2].path)
  })

  it('tells of a failure and of a file nobody listens for by a warning, and the process goes on', async (t) => {
    const directory = temporaryFolder(t)
    const warnings = await inChild(async (memwatch, tools, directory) => {
      process.removeAllListeners('warning')
      const warnings = []
      for (const folder of [`${directory}/missing`, directory]) {
        const remove = memwatch.installSignalHandler('SIGUSR2', { directory: folder })
        const warned = new Promise((resolve) => process.once('warning', resolve))
        process.kill(process.pid, 'SIGUSR2')
        const { code, message } = await warned
        warnings.push([code, message])
        remove()
      }
      return warnings
    }, { argument: directory })
    assert.deepEqual(warnings.map(([code]) => code), ['ERR_MEMWATCH_IO', 'MEMWATCH_SNAPSHOT'])
    const [name] = fs.readdirSync(directory)
    assert.ok(warnings[1][1].includes(path.join(directory, name)), warnings[1][1])
  })

  it('does not keep the process alive', async () => {
    const { code, signal } = await runChild((memwatch) => { memwatch.installSignalHandler() }, { keepAlive: false })
    assert.deepEqual([code, signal], [0, null])
  })

  it('is refused with what is wrong, and in a worker', async () => {
    const codes = await inChild(async (memwatch, tools, PACKAGE) => {
      const { Worker } = require('node:worker_threads')
      const attempts = [['SIGNONE'], [12], ['SIGKILL'], ['SIGUSR2', { path: 'a' }], ['SIGUSR2', { gzip: 1 }], ['SIGUSR2', null]]
      const codes = attempts.map((args) => {
        try { memwatch.installSignalHandler(...args) } catch ({ code }) { return code }
        return null
      })
      const source = `
        const { parentPort } = require('node:worker_threads')
        try { require(${JSON.stringify(PACKAGE)}).installSignalHandler() } catch ({ code }) { parentPort.postMessage(code) }`
      const worker = new Worker(source, { eval: true })
      codes.push(await new Promise((resolve) => worker.once('message', resolve)), process.listenerCount('SIGUSR2'))
      return codes
    }, { argument: PACKAGE })
    const [invalid, unknown] = ['ERR_MEMWATCH_INVALID_OPTION', 'ERR_MEMWATCH_UNKNOWN_OPTION']
    assert.deepEqual(codes, [invalid, invalid, invalid, unknown, invalid, invalid, 'ERR_MEMWATCH_UNSUPPORTED', 0])
  })
})

describe('a capture in the process', () => {
  it('gives what one in the background gives, and a file', async (t) => {
    const folder = temporaryFolder(t)
    const { summary, classes, file, opened, leftAlone } = await inChild(async (memwatch, tools, folder) => {
      class Planted { constructor (at) { this.at = at + 0.5; this.text = Buffer.from(`5ecr3t${at}`).toString() } }
      globalThis.held = Array.from({ length: 20_000 }, (_, at) => new Planted(at))
      const summary = await memwatch.capture({ mode: 'in-process' })
      const classes = await memwatch.capture({ mode: 'in-process', as: 'classes' })
      const file = await memwatch.writeSnapshot(`${folder}/a.gz`, { mode: 'in-process' })
      const opened = await memwatch.openSnapshot(file)
      const counted = (classes) => classes.find(({ name }) => name === 'Planted').count
      return {
        summary: { ...summary, classes: counted(summary.classes), suspects: summary.suspects.map(({ accumulated }) => accumulated.name) },
        classes: counted(classes.classes),
        file,
        opened: counted(opened.classes()),
        leftAlone: require('node:fs').readdirSync(folder)
      }
    }, { argument: folder, env: { NODE_NO_WARNINGS: '1' } })
    assert.deepEqual([summary.classes, classes, opened], [20_000, 20_000, 20_000])
    assert.deepEqual(summary.suspects.includes('Planted'), true)
    assert.equal(summary.attempts, 1)
    assert.ok(summary.pauseMs > 0 && summary.pauseMs <= summary.durationMs)
    assert.deepEqual(leftAlone, ['a.gz'])
    assert.equal(fs.statSync(file).mode & 0o777, 0o600)
  })

  it('warns of a long pause, and is stopped where that is too long', async () => {
    const { warnings, codes } = await inChild(async (memwatch) => {
      process.removeAllListeners('warning')
      const warnings = []
      process.on('warning', ({ code }) => warnings.push(code))
      globalThis.held = Array.from({ length: 1_000_000 }, (_, at) => ({ at }))
      const codes = []
      const attempts = [{ maxPauseMs: 1 }, { signal: AbortSignal.abort() }, { timeoutMs: 5 }, { retries: 1 }]
      for (const options of attempts) {
        codes.push(await memwatch.capture({ mode: 'in-process', ...options }).catch(({ code }) => code))
      }
      codes.push(await memwatch.capture({ maxPauseMs: 5 }).catch(({ code }) => code))
      codes.push(await memwatch.capture({ mode: 'fast' }).catch(({ code }) => code))
      codes.push(await memwatch.writeSnapshot('missing/a', { mode: 'in-process' }).catch(({ code }) => code))
      return { warnings, codes }
    })
    const invalid = 'ERR_MEMWATCH_INVALID_OPTION'
    assert.deepEqual(warnings, ['MEMWATCH_LONG_PAUSE'])
    assert.deepEqual(codes, ['ERR_MEMWATCH_PAUSE_LIMIT', 'ERR_MEMWATCH_CANCELLED', invalid, invalid, invalid, invalid,
      'ERR_MEMWATCH_IO'])
  })
})
