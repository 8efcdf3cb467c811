// Series recordings: what is written, and what `replay` makes of it.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { PACKAGE, inChild, startChild, temporaryFolder } = require('./child')
const { cli, read, record, recorded } = require('./recordings')

const COLUMNS = ['ms', 'live', 'external', 'rss', 'heapTotal', 'limit', 'cgroupLimit', 'forced']

async function checkRefused (args, code) {
  const { code: status, signal, stdout, stderr } = await cli(...args)
  assert.deepEqual({ status, signal, stdout }, { status: 1, signal: null, stdout: '' }, args.join(' '))
  assert.match(stderr, new RegExp(`^memwatch-rs: .+ \\(${code}\\)\n$`))
  return stderr
}

describe('record', () => {
  for (const ending of ['stop', 'end of the script']) {
    it(`writes a line a full collection, all of them: ${ending}`, async (t) => {
      const file = path.join(temporaryFolder(t), 'a.series')
      const { live } = await inChild(record, { argument: { file, megabytes: [1, 2, 3], ending } })
      const { header, rows } = read(file)
      const { memwatchSeries, node, pid, thread, startedMs, columns, ...others } = header
      assert.deepEqual({ memwatchSeries, node, thread, columns, others },
        { memwatchSeries: 1, node: process.version, thread: 0, columns: COLUMNS, others: {} })
      assert.ok(pid > 0 && startedMs > 0)
      assert.deepEqual(rows.map(({ live }) => live), live)
      for (const [at, { ms, live, external, rss, heapTotal, limit, forced }] of rows.entries()) {
        assert.ok(ms > (rows[at - 1]?.ms ?? 0), 'time goes on')
        assert.ok(external > 0 && heapTotal > live && rss > live && limit > heapTotal)
        assert.equal(forced, 1)
      }
    })
  }

  it('starts the monitor without listeners, and ends with null, false or stop()', async (t) => {
    const file = path.join(temporaryFolder(t), 'a.series')
    const { states, lines } = await inChild(async (memwatch, { untilNodeReports }, file) => {
      const states = []
      const lines = []
      for (const end of [() => memwatch.configure({ record: null }), () => memwatch.configure({ record: false }),
        () => memwatch.stop()]) {
        memwatch.configure({ record: file })
        states.push([memwatch.running, memwatch.config.record])
        await untilNodeReports(() => globalThis.gc())
        end()
        states.push([memwatch.running, memwatch.config.record])
        await untilNodeReports(() => globalThis.gc())
        lines.push(require('node:fs').readFileSync(file, 'utf8').split('\n').length)
      }
      return { states, lines }
    }, { argument: file })
    assert.deepEqual(states, new Array(3).fill([[true, file], [false, null]]).flat())
    assert.deepEqual(lines, [3, 3, 3], 'a header, one collection, and the end of the last line')
  })

  it('keeps what a killed process had seen', async (t) => {
    const file = path.join(temporaryFolder(t), 'a.series')
    const { child, ended, said } = startChild(record, { argument: { file, megabytes: [1, 2, 3], ending: 'wait' } })
    const live = await said('recorded')
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(read(file).rows.map(({ live }) => live), live)
  })

  it('lets nobody else read the file, not even one that was readable', async (t) => {
    const folder = temporaryFolder(t)
    const modes = await inChild((memwatch, _, folder) => {
      const fs = require('node:fs')
      process.umask(0)
      fs.writeFileSync(`${folder}/old`, '', { mode: 0o666 })
      return ['new', 'old'].map((name) => {
        memwatch.configure({ record: `${folder}/${name}` })
        return fs.statSync(`${folder}/${name}`).mode & 0o777
      })
    }, { argument: folder })
    assert.deepEqual(modes, [0o600, 0o600])
  })

  it('refuses a file that it cannot have, and nothing has changed', async (t) => {
    const folder = temporaryFolder(t)
    fs.writeFileSync(path.join(folder, 'letter'), 'a letter')
    const refused = await inChild((memwatch, _, folder) => {
      const before = memwatch.config
      return ['.', 'letter/a', 'no/a', 'letter'].map((name) => {
        try {
          memwatch.configure({ capacity: 8, record: `${folder}/${name}` })
        } catch ({ code }) {
          require('node:assert/strict').deepEqual(memwatch.config, before)
          return { code, running: memwatch.running }
        }
        return null
      })
    }, { argument: folder })
    const codes = ['IO', 'IO', 'IO', 'RECORDING_FOREIGN']
    assert.deepEqual(refused, codes.map((code) => ({ code: `ERR_MEMWATCH_${code}`, running: false })))
    assert.equal(fs.readFileSync(path.join(folder, 'letter'), 'utf8'), 'a letter')
  })

  it('leaves a file that another process records to alone, until that one is gone', async (t) => {
    const file = path.join(temporaryFolder(t), 'a.series')
    const { child, ended, said } = startChild(record, { argument: { file, megabytes: [1, 2, 3], ending: 'wait' } })
    const live = await said('recorded')
    const configure = (memwatch, _, file) => {
      try {
        memwatch.configure({ record: file })
      } catch ({ code }) {
        return { code, record: memwatch.config.record }
      }
      return { code: null, record: memwatch.config.record }
    }
    assert.deepEqual(await inChild(configure, { argument: file }), { code: 'ERR_MEMWATCH_RECORDING_IN_USE', record: null })
    assert.deepEqual(read(file).rows.map(({ live }) => live), live)
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(await inChild(configure, { argument: file }), { code: null, record: file })
  })

  it('gives each thread a file of its own', async (t) => {
    const folder = temporaryFolder(t)
    const told = await inChild(async (memwatch, _, { folder, entry }) => {
      const { Worker } = require('node:worker_threads')
      const worker = () => new Promise((resolve, reject) => {
        new Worker(`
          const memwatch = require(${JSON.stringify(entry)})
          const { parentPort, threadId } = require('node:worker_threads')
          let code = null
          try {
            memwatch.configure({ record: ${JSON.stringify(`${folder}/0.series`)} })
          } catch (error) {
            code = error.code
          }
          memwatch.configure({ record: ${JSON.stringify(`${folder}/%t.series`)} })
          memwatch.gc()
          parentPort.postMessage({ code, threadId })
        `, { eval: true }).once('message', resolve).once('error', reject)
      })
      memwatch.configure({ record: `${folder}/%t.series` })
      memwatch.gc()
      const { code, threadId } = await worker()
      memwatch.stop()
      return { code, threadId }
    }, { argument: { folder, entry: PACKAGE } })
    assert.equal(told.code, 'ERR_MEMWATCH_RECORDING_IN_USE')
    for (const thread of [0, told.threadId]) {
      const { header, rows } = read(path.join(folder, `${thread}.series`))
      assert.deepEqual([header.thread, rows.length], [thread, 1])
    }
  })

  it('goes on through a capture, whose copy has the file too', async (t) => {
    const file = path.join(temporaryFolder(t), 'a.series')
    const { live } = await inChild(async (memwatch, { collect }, file) => {
      const live = []
      memwatch.configure({ record: file }).on('stats', ({ liveBytes }) => live.push(liveBytes))
      await collect()
      if (memwatch.capabilities.backgroundCapture) await memwatch.capture({ as: 'classes' })
      await collect()
      memwatch.stop()
      return { live }
    }, { argument: file })
    assert.ok(live.length >= 2)
    assert.deepEqual(read(file).rows.map(({ live }) => live), live)
  })

  it('ends with a warning, and not the process, when the file is changed under its hands', async (t) => {
    const file = path.join(temporaryFolder(t), 'a.series')
    const { warnings, seen, record } = await inChild(async (memwatch, { collect, turnUntil }, file) => {
      const warnings = []
      let seen = 0
      process.removeAllListeners('warning')
      process.on('warning', ({ code, message }) => warnings.push({ code, names: message.includes(file) }))
      memwatch.configure({ record: file }).on('stats', () => seen++)
      await collect()
      require('node:fs').truncateSync(file, 5)
      for (let at = 0; at < 3; at++) await collect()
      await turnUntil(() => warnings.length > 0)
      return { warnings, seen, record: memwatch.config.record }
    }, { argument: file })
    assert.deepEqual(warnings, [{ code: 'MEMWATCH_RECORD_STOPPED', names: true }])
    assert.deepEqual({ seen, record }, { seen: 4, record: null })
    assert.equal(fs.statSync(file).size, 5)
  })
})

describe('replay', () => {
  it('gives the reports that the classic rule gave live', async (t) => {
    const { file, leaks } = await recorded(t, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 3])
    const { code, stdout } = await cli('replay', file, '--detector', 'classic', '--json')
    assert.equal(code, 3)
    const { detector, foundLeak, readings, cutLine, reports } = JSON.parse(stdout)
    assert.deepEqual({ detector, foundLeak, readings, cutLine },
      { detector: 'classic', foundLeak: true, readings: 12, cutLine: null })
    assert.deepEqual(reports.map(({ collection }) => collection), [6, 11])
    // The wall clock of a recording is that of its beginning, so only these may differ by a little.
    const timeless = ({ start, end, ...leak }) => leak
    assert.deepEqual(reports.map(({ leak }) => timeless(leak)), JSON.parse(JSON.stringify(leaks)).map(timeless))
    const text = await cli('replay', file, '--detector', 'classic')
    assert.equal(text.code, 3)
    const lines = text.stdout.trimEnd().split('\n')
    assert.equal(lines.length, 4)
    for (const [at, { state, kind, message, reason }] of leaks.entries()) {
      assert.ok(lines[at + 1].startsWith(`#${reports[at].collection}  +`), lines[at + 1])
      assert.ok(lines[at + 1].endsWith(`s  ${state} (${kind}): ${message}; ${reason}`), lines[at + 1])
    }
    assert.match(lines[3], /^classic: 2 reports in 12 full collections over [\d.]+s$/)
  })

  it('is quiet about a heap that does not grow', async (t) => {
    const { file } = await recorded(t, [5, 4, 5, 4, 5])
    const { code, stdout } = await cli('replay', file, '--detector', 'classic')
    assert.equal(code, 0)
    assert.match(stdout, /\nclassic: 0 reports in 5 full collections/)
  })

  it('reads a recording that is cut in the middle of a line up to there, and says so', async (t) => {
    const { file } = await recorded(t, [1, 2, 3, 4, 5, 6])
    fs.truncateSync(file, fs.statSync(file).size - 10)
    const { code, stdout } = await cli('replay', file, '--detector', 'classic')
    assert.equal(code, 0, 'the sixth reading is missing')
    assert.match(stdout, /\nline 7 is not whole and was left out\nclassic: 0 reports in 5 full collections/)
    const verified = await cli('verify', file, file)
    assert.match(verified.stdout, /\nbefore: line 7 is not whole and was left out\n/)
  })

  it('refuses what is no recording, and names the line of one that is damaged', async (t) => {
    const { file } = await recorded(t, [1, 2, 3])
    const text = fs.readFileSync(file, 'utf8')
    const lines = text.split('\n')
    for (const [content, code, where] of [
      ['', 'FOREIGN', 'no header'],
      ['a letter\n'.repeat(100), 'FOREIGN', 'no header'],
      [text.replace('"memwatchSeries":1', '"memwatchSeries":9'), 'FOREIGN', 'version 9'],
      [text.replace('"live"', '"love"'), 'DAMAGED', 'line 1: there is no column live'],
      [[lines[0], lines[1], lines[2].slice(9), lines[3], ''].join('\n'), 'DAMAGED', 'line 3: no list of numbers'],
      [[lines[0], lines[2], lines[1], ''].join('\n'), 'DAMAGED', 'line 3: it is from']
    ]) {
      fs.writeFileSync(file, content)
      for (const args of [['replay', file], ['verify', file, file, '--json']]) {
        const stderr = await checkRefused(args, `ERR_MEMWATCH_RECORDING_${code}`)
        assert.ok(stderr.includes(file) && stderr.includes(where), stderr)
      }
    }
    await checkRefused(['replay', path.join(file, 'nothing')], 'ERR_MEMWATCH_IO')
  })

  it('says how it is used when it is used in another way', async () => {
    for (const args of [['replay'], ['replay', 'a', 'b'], ['replay', 'a', '--detector', 'none'], ['verify', 'a'],
      ['verify', 'a', 'b', 'c'], ['verify', 'a', 'b', '--detector', 'classic'], ['replay', 'a', '--count', '5']]) {
      const { code, stdout, stderr } = await cli(...args)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
      assert.match(stderr, /^memwatch-rs: .+\n\nusage: memwatch-rs COMMAND/)
    }
  })
})
