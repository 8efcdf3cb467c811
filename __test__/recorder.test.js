// The flight recorder: a file of fixed size that tells the last trend of a process which is gone.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const { COMMAND_LINE, PACKAGE, inChild, run, startChild, temporaryFolder } = require('./child')

const HEADER_BYTES = 4096
const RECORD_BYTES = 320

function postmortem (file) {
  return run(process.execPath, [COMMAND_LINE, 'postmortem', file])
}

/** Records six full collections of a heap that grows by a megabyte each. */
async function record (memwatch, { collect, hold, say }, { file, capacity = 64, ending }) {
  memwatch.configure({ capacity, recorder: file })
  memwatch.on('stats', () => {})
  for (let megabytes = 1; megabytes <= 6; megabytes++) {
    hold(megabytes << 20)
    await collect()
  }
  say('recorded', memwatch.config.recorder)
  if (ending === 'wait') await new Promise(() => {})
  if (ending === 'stop') memwatch.stop()
  if (ending === 'exit') process.exit(0)
}

/** A recording of a process that is gone, as the tests may then damage it. */
async function finishedRecording (t, options) {
  const file = path.join(temporaryFolder(t), 'flight.memwatch')
  await inChild(record, { argument: { file, ending: 'stop', ...options } })
  return file
}

async function checkRefused (file, code) {
  const { code: status, signal, stdout, stderr } = await postmortem(file)
  assert.deepEqual({ status, signal, stdout }, { status: 1, signal: null, stdout: '' })
  assert.match(stderr, new RegExp(`^memwatch-rs: .+ \\(${code}\\)\n$`))
  assert.ok(stderr.includes(file), 'the message names the file')
}

describe('postmortem', () => {
  it('tells the last trend of a process that was killed', async (t) => {
    const file = path.join(temporaryFolder(t), 'flight.memwatch')
    const { child, ended, said } = startChild(record, { argument: { file, ending: 'wait' } })
    assert.equal(await said('recorded'), file)
    child.kill('SIGKILL')
    assert.equal((await ended).signal, 'SIGKILL')
    const { code, stdout, stderr } = await postmortem(file)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.ok(stdout.startsWith(`process ${child.pid} (thread 0), Node ${process.version}\nnot stopped: killed`), stdout)
    assert.match(stdout, /\b6 mark-compact/)
    assert.match(stdout, /live heap {2}▁.*█ {2}[\d.]+ mb → [\d.]+ mb\n/)
    const [, first, last] = /([\d.]+) mb → ([\d.]+) mb/.exec(stdout)
    assert.ok(last - first > 4.5 && last - first < 5.5, 'it held one megabyte, then six')
    assert.equal(stdout.match(/ pause [\d.]+ ms {2}forced/g).length, 6)
    assert.match(stdout, /resident memory last seen: [\d.]+ mb/)
  })

  for (const ending of ['stop', 'end of the script']) {
    it(`tells a good end from a kill: ${ending}`, async (t) => {
      const { code, stdout } = await postmortem(await finishedRecording(t, { ending }))
      assert.equal(code, 0)
      assert.match(stdout, /\nstopped in good order after /)
      assert.doesNotMatch(stdout, /killed/)
    })
  }

  it('tells of process.exit() that the process left: Node runs no cleanup then', async (t) => {
    const { code, stdout } = await postmortem(await finishedRecording(t, { ending: 'exit' }))
    assert.equal(code, 0)
    assert.match(stdout, /\nnot stopped: killed, crashed or left; /)
    assert.match(stdout, /\b6 mark-compact/)
  })

  it('says when nothing was recorded', async (t) => {
    const file = path.join(temporaryFolder(t), 'flight.memwatch')
    await inChild((memwatch, _, file) => { memwatch.configure({ recorder: file }).stop() }, { argument: file })
    const { code, stdout } = await postmortem(file)
    assert.equal(code, 0)
    assert.match(stdout, /no full collection was recorded/)
  })

  it('leaves out a record that is torn, and reports the others', async (t) => {
    const file = await finishedRecording(t)
    const whole = await postmortem(file)
    const bytes = fs.readFileSync(file)
    const records = []
    for (let at = HEADER_BYTES; at < bytes.length; at += RECORD_BYTES) {
      if (bytes.readBigUInt64LE(at) !== 0n) records.push(at)
    }
    bytes[records.at(-1) + 200] ^= 0xff
    fs.writeFileSync(file, bytes)
    const torn = await postmortem(file)
    assert.equal(torn.code, 0)
    assert.doesNotMatch(whole.stdout, /torn/)
    assert.match(torn.stdout, /^1 torn records were left out$/m)
    assert.match(torn.stdout, new RegExp(`^${records.length - 1} collections kept`, 'm'))
    assert.match(whole.stdout, new RegExp(`^${records.length} collections kept`, 'm'))
  })

  it('refuses a recording whose end is missing, or whose header is cut or damaged', async (t) => {
    const file = await finishedRecording(t)
    const bytes = fs.readFileSync(file)
    for (const length of [bytes.length - 1, HEADER_BYTES, 100, 8]) {
      fs.writeFileSync(file, bytes.subarray(0, length))
      await checkRefused(file, 'ERR_MEMWATCH_RECORDING_TORN')
    }
    bytes[3 * 8] ^= 1
    fs.writeFileSync(file, bytes)
    await checkRefused(file, 'ERR_MEMWATCH_RECORDING_TORN')
  })

  it('refuses what is no recording, or one of another version', async (t) => {
    const file = await finishedRecording(t)
    const bytes = fs.readFileSync(file)
    bytes[8] = 99
    for (const content of [bytes, '', 'memwatc', 'a letter, long enough to be a header of something'.repeat(200)]) {
      fs.writeFileSync(file, content)
      await checkRefused(file, 'ERR_MEMWATCH_RECORDING_FOREIGN')
    }
  })

  it('refuses a file that is not there, and a folder', async (t) => {
    const folder = temporaryFolder(t)
    await checkRefused(path.join(folder, 'nothing'), 'ERR_MEMWATCH_IO')
    await checkRefused(folder, 'ERR_MEMWATCH_IO')
  })

  it('says how it is used when it is used in another way', async () => {
    for (const args of [[], ['postmortem'], ['postmortem', 'one', 'two'], ['premortem', 'one']]) {
      const { code, stdout, stderr } = await run(process.execPath, [COMMAND_LINE, ...args])
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, /^usage: memwatch-rs COMMAND[^]* postmortem FILE /m)
    }
    const { code, stdout } = await run(process.execPath, [COMMAND_LINE, '--version'])
    assert.deepEqual({ code, stdout }, { code: 0, stdout: `${require(path.join(PACKAGE, 'package.json')).version}\n` })
  })
})

describe('the recorder', () => {
  it('keeps its size, whatever it records, and the newest records', async (t) => {
    const file = path.join(temporaryFolder(t), 'flight.memwatch')
    const sizes = await inChild(async (memwatch, { untilNodeReports }, file) => {
      const size = () => require('node:fs').statSync(file).size
      memwatch.configure({ capacity: 8, recorder: file })
      const sizes = [size()]
      for (let round = 0; round < 3; round++) {
        await untilNodeReports(() => { for (let at = 0; at < 10; at++) globalThis.gc() })
        sizes.push(size())
      }
      memwatch.stop()
      return [...sizes, size()]
    }, { argument: file })
    const bytes = HEADER_BYTES + 8 * RECORD_BYTES
    assert.deepEqual(sizes, [bytes, bytes, bytes, bytes, bytes])
    const [, older] = /^8 collections kept, (\d+) older ones overwritten/m.exec((await postmortem(file)).stdout)
    assert.ok(older >= 22)
  })

  it('starts the monitor, and ends with null, false or stop()', async (t) => {
    const file = path.join(temporaryFolder(t), 'flight.memwatch')
    const states = await inChild((memwatch, _, file) => {
      const states = []
      for (const end of [() => memwatch.configure({ recorder: null }), () => memwatch.configure({ recorder: false }),
        () => memwatch.stop()]) {
        memwatch.configure({ recorder: file })
        states.push([memwatch.running, memwatch.config.recorder])
        end()
        states.push(memwatch.config.recorder)
      }
      return states
    }, { argument: file })
    assert.deepEqual(states, [[true, file], null, [true, file], null, [true, file], null])
  })

  it('lets nobody else read the file, not even one that was readable', async (t) => {
    const folder = temporaryFolder(t)
    const modes = await inChild((memwatch, _, folder) => {
      const fs = require('node:fs')
      process.umask(0)
      const modes = []
      for (const name of ['new', 'old']) {
        const file = `${folder}/${name}`
        if (name === 'old') fs.writeFileSync(file, '', { mode: 0o666 })
        modes.push(fs.existsSync(file) && fs.statSync(file).mode & 0o777)
        memwatch.configure({ recorder: file })
        modes.push(fs.statSync(file).mode & 0o777)
      }
      memwatch.stop()
      return modes
    }, { argument: folder })
    assert.deepEqual(modes, [false, 0o600, 0o666, 0o600])
  })

  it('puts the process and the thread into the name', async (t) => {
    const folder = temporaryFolder(t)
    const { pid, recorder } = await inChild((memwatch, _, folder) => {
      memwatch.configure({ recorder: `${folder}/%p-%t.memwatch` })
      return { pid: process.pid, recorder: memwatch.config.recorder }
    }, { argument: folder })
    assert.equal(recorder, path.join(folder, `${pid}-0.memwatch`))
    assert.deepEqual(fs.readdirSync(folder), [`${pid}-0.memwatch`])
  })

  it('leaves a file that another process records to alone, until that one is gone', async (t) => {
    const file = path.join(temporaryFolder(t), 'flight.memwatch')
    const { child, ended, said } = startChild(record, { argument: { file, ending: 'wait' } })
    await said('recorded')
    const configure = (memwatch, _, file) => {
      const before = memwatch.config
      try {
        memwatch.configure({ capacity: 8, recorder: file })
      } catch (error) {
        return { code: error.code, name: error.name, before, after: memwatch.config, running: memwatch.running }
      }
      return { code: null }
    }
    const { before, after, ...refused } = await inChild(configure, { argument: file })
    assert.deepEqual(refused, { code: 'ERR_MEMWATCH_RECORDING_IN_USE', name: 'Error', running: false })
    assert.deepEqual(after, before)
    // A recording that goes on can be read.
    assert.match((await postmortem(file)).stdout, new RegExp(`^process ${child.pid} `))
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(await inChild(configure, { argument: file }), { code: null })
  })

  it('leaves a foreign file as it was', async (t) => {
    const file = path.join(temporaryFolder(t), 'letter.txt')
    fs.writeFileSync(file, 'a letter', { mode: 0o644 })
    for (const foreign of [file, '/dev/full']) {
      const code = await inChild((memwatch, _, file) => {
        try {
          memwatch.configure({ recorder: file })
        } catch (error) {
          return error.code
        }
      }, { argument: foreign })
      assert.equal(code, 'ERR_MEMWATCH_RECORDING_FOREIGN', foreign)
    }
    assert.equal(fs.readFileSync(file, 'utf8'), 'a letter')
    assert.equal(fs.statSync(file).mode & 0o777, 0o644)
  })

  it('refuses a place that cannot be written to, and one without room for the whole file', async (t) => {
    const folder = temporaryFolder(t)
    fs.writeFileSync(path.join(folder, 'file'), '')
    const source = `
      const memwatch = require(${JSON.stringify(PACKAGE)})
      const before = JSON.stringify(memwatch.config)
      try {
        memwatch.configure({ recorder: process.argv[1] })
      } catch ({ code, name }) {
        const same = before === JSON.stringify(memwatch.config)
        console.log(JSON.stringify({ code, name, same, running: memwatch.running }))
      }`
    const places = ['.', 'file/flight', 'no/flight', 'flight'].map((name) => path.join(folder, name))
    for (const place of places) {
      // The shell's limit makes every disk full after some kilobytes; the other places fail without it.
      const limit = place.endsWith('/flight') && path.dirname(place) === folder ? 'ulimit -f 8; ' : ''
      const { code, stdout, stderr } = await run('sh',
        ['-c', `${limit}exec "$0" -e "$1" "$2"`, process.execPath, source, place])
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
      assert.deepEqual(JSON.parse(stdout), { code: 'ERR_MEMWATCH_IO', name: 'Error', same: true, running: false }, place)
    }
  })

  it('ends with a warning, and not the process, when the file is cut under its hands', async (t) => {
    const folder = temporaryFolder(t)
    for (const length of [0, HEADER_BYTES + 10]) {
      const { warnings, seen } = await inChild(async (memwatch, { collect, turn }, { folder, length }) => {
        const fs = require('node:fs')
        const file = `${folder}/${length}`
        const warnings = []
        let seen = 0
        process.removeAllListeners('warning')
        process.on('warning', ({ code, message }) => warnings.push({ code, names: message.includes(file) }))
        memwatch.configure({ recorder: file }).on('stats', () => seen++)
        await collect()
        fs.truncateSync(file, length)
        for (let at = 0; at < 5; at++) await collect()
        while (warnings.length === 0) await turn()
        memwatch.stop()
        await turn()
        return { warnings, seen }
      }, { argument: { folder, length } })
      assert.deepEqual(warnings, [{ code: 'MEMWATCH_RECORDER_STOPPED', names: true }])
      assert.equal(seen, 6, 'the events go on')
      assert.equal(fs.statSync(path.join(folder, String(length))).size, length)
    }
  })
})
