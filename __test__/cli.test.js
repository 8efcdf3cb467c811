// The command line on real snapshots: what it prints, what it hides, how it ends.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const memwatch = require('..')
const { progressBar } = require('../lib/cli/progress-bar')
const { COMMAND_LINE, run } = require('./child')
const { ENTRIES, SECRET, readSnapshot, writeSnapshots } = require('./snapshot-files')

let folder, files, heap, snapshot, secret

before(async () => {
  ({ folder, files } = await writeSnapshots())
  heap = readSnapshot(files[0])
  snapshot = await memwatch.openSnapshot(files[0])
  secret = heap.nodes.find(({ type, name }) => type === 'string' && name === SECRET)
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

const cli = (...args) => run(process.execPath, [COMMAND_LINE, ...args])

/** What a command that ends well prints. */
async function print (...args) {
  const { code, stdout, stderr } = await cli(...args)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  return stdout
}

const json = async (...args) => JSON.parse(await print(...args, '--json'))

describe('one snapshot', () => {
  it('gives as JSON what the API gives', async () => {
    const id = `@${secret.id}`
    const { nodeCount, edgeCount, totalSize, rootRetainedSize } = snapshot
    assert.deepEqual(await json('analyze', files[0]), {
      nodeCount,
      edgeCount,
      totalSize,
      rootRetainedSize,
      classes: snapshot.classes(),
      suspects: snapshot.suspects()
    })
    assert.deepEqual(await json('path', files[0], id), snapshot.path(secret.id))
    assert.deepEqual(await json('path', files[0], id, '--count', '2'), await snapshot.paths(secret.id, { count: 2 }))
    assert.deepEqual(await json('dominators', files[0], id), snapshot.dominators(secret.id))
    assert.deepEqual(await json('top', files[0], '--count', '3'), await snapshot.biggest({ count: 3 }))
    assert.deepEqual(await json('strings', files[0]), await snapshot.duplicateStrings())
  })

  it('is told in words and tables', async () => {
    const analysis = await print('analyze', files[0], '--count', '1000')
    assert.ok(analysis.includes(`in ${heap.nodes.length} nodes and ${heap.edgeCount} edges`), analysis)
    const { count } = snapshot.classes().find(({ name }) => name === 'CacheEntry')
    assert.match(analysis, new RegExp(`^ .* ${count} +@\\d+ {2}CacheEntry$`, 'm'))
    assert.match(analysis, /^suspect: .* % of the heap/m)
    for (const { path: { text } } of snapshot.suspects()) assert.ok(analysis.includes(text), analysis)
    const path = await print('path', files[0], `${secret.id}`)
    assert.equal(path, snapshot.path(secret.id).text)
    assert.match(path, new RegExp(`^╰─ .* → \\(string of ${SECRET.length} characters\\) @${secret.id}, .*; leaking: unknown$`, 'm'))
    const paths = await snapshot.paths(secret.id, { count: 3 })
    assert.equal(await print('path', files[0], `${secret.id}`, '--count=3'), paths.map(({ text }) => text).join('\n'))
    assert.match(await print('dominators', files[0], `@${secret.id}`), /\(root\)\n$/)
    assert.equal((await print('top', files[0], '--count=4')).trimEnd().split('\n').length, 5)
    assert.match(await print('strings', files[0]), new RegExp(` ${SECRET.length} +@\\d+ {2}\\(hidden\\)`))
  })

  it('shows what its strings hold on demand only', async () => {
    const commands = [
      ['analyze', files[0], '--count', '1000'], ['path', files[0], `@${secret.id}`],
      ['dominators', files[0], `@${secret.id}`], ['top', files[0], '--count', '1000000'],
      ['strings', files[0], '--count', '1000000'], ['diff', ...files, '--count', '1000000']
    ]
    for (const [command, ...args] of commands) {
      for (const format of [[], ['--json']]) {
        assert.ok(!(await print(command, ...args, ...format)).includes(SECRET), command)
      }
    }
    for (const [command, ...args] of commands.slice(1, 5)) {
      const shown = await print(command, ...args, '--show-strings', '--json')
      assert.ok(shown.includes(SECRET), command)
      assert.ok((await print(command, ...args, '--show-strings')).includes(SECRET.slice(0, 50)), command)
    }
  })
})

describe('diff', () => {
  it('compares two or more files', async () => {
    const change = (result) => result.classes.find(({ name }) => name === 'CacheEntry')
    const two = await json('diff', files[0], files[1])
    const heaps = files.map(readSnapshot)
    assert.deepEqual(two.snapshots, heaps.slice(0, 2).map(({ nodes, totalSize }) => ({ nodeCount: nodes.length, totalSize })))
    assert.equal(two.growth, heaps[1].totalSize - heaps[0].totalSize)
    assert.deepEqual(two.classes, await snapshot.diff(await memwatch.openSnapshot(files[1])))
    assert.ok(change(two).allocatedCount >= ENTRIES[1] - ENTRIES[0])
    const three = await json('diff', ...files)
    assert.ok(change(three).allocatedCount >= ENTRIES[2] - ENTRIES[0])
    const grown = three.growingPaths.find(({ steps }) => steps.some(({ className }) => className === 'CacheEntry'))
    assert.deepEqual(grown.counts, ENTRIES)
    assert.deepEqual(three, await memwatch.compareSnapshots(files))
    assert.equal(two.survivors, null)
    const text = await print('diff', ...files)
    assert.match(text, new RegExp(`^allocated between .*\n.*\n(.*\n)* .* ${ENTRIES[1] - ENTRIES[0]} +@\\d+ {2}CacheEntry$`, 'm'))
    assert.match(text, /^growth \+/m)
    assert.match(text, / {2}CacheEntry$/m)
    assert.match(text, new RegExp(`^ {2}${ENTRIES.join(' → ')}, retaining .* \\(CacheEntry\\)`, 'm'))
  })

  it('ends with 3 when the heap grew as much as must not be', async () => {
    const { growth } = await json('diff', files[0], files[1])
    for (const [args, expected] of [
      [['--fail-on-growth'], 3],
      [[`--fail-on-growth=${growth}`], 3],
      [[`--fail-on-growth=${growth + 1}`], 0],
      [['--fail-on-growth=1kb', '--json'], 3],
      [['--fail-on-growth=1gb'], 0],
      [[], 0]
    ]) {
      const { code, stdout, stderr } = await cli('diff', files[0], files[1], ...args)
      assert.deepEqual({ code, stderr }, { code: expected, stderr: '' }, args.join(' '))
      assert.ok(stdout.length > 0)
    }
    assert.equal((await cli('diff', files[1], files[0], '--fail-on-growth')).code, 0)
    assert.equal((await cli('diff', files[0], files[0], '--fail-on-growth')).code, 0)
  })
})

describe('the command line', () => {
  it('ends with 1 and a code when it fails', async () => {
    const cut = path.join(folder, 'cut')
    fs.writeFileSync(cut, fs.readFileSync(files[0]).subarray(0, 5000))
    const foreign = path.join(folder, 'foreign')
    fs.writeFileSync(foreign, '{"name":"memwatch-rs"}')
    for (const [args, expected] of [
      [['analyze', cut], 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED'],
      [['top', foreign, '--json'], 'ERR_MEMWATCH_SNAPSHOT_FOREIGN'],
      [['strings', path.join(folder, 'nothing')], 'ERR_MEMWATCH_IO'],
      [['diff', files[0], cut, '--fail-on-growth'], 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED'],
      [['path', files[0], '@4294967294'], 'ERR_MEMWATCH_UNKNOWN_NODE'],
      [['dominators', files[0], '@4294967294', '--json'], 'ERR_MEMWATCH_UNKNOWN_NODE']
    ]) {
      const { code, stdout, stderr } = await cli(...args)
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, args[0])
      assert.match(stderr, new RegExp(`^memwatch-rs: .+ \\(${expected}\\)\n$`))
    }
  })

  it('ends with 2 and the usage when it is used in another way', async () => {
    for (const args of [
      ['analyse', files[0]], ['constructor', files[0]], ['analyze'], ['analyze', files[0], files[1]], ['diff', files[0]],
      ['path', files[0]], ['path', files[0], '@x'], ['path', '@5'], ['dominators', files[0], '@-1'],
      ['top', files[0], '--count', '0'], ['top', files[0], '--count'], ['top', files[0], '--fail-on-growth'],
      ['diff', ...files, '--fail-on-growth=x'], ['diff', ...files, '--show-strings'], ['top', files[0], '--html', 'a'], ['strings', files[0], '--color']
    ]) {
      const { code, stdout, stderr } = await cli(...args)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
      assert.match(stderr, /^memwatch-rs: .+\n\nusage: memwatch-rs COMMAND/)
    }
  })

  it('tells how it is used, and all its exit codes', async () => {
    for (const args of [['--help'], ['-h'], ['help'], ['diff', '--help']]) {
      const usage = await print(...args)
      assert.match(usage, /^usage: memwatch-rs COMMAND/)
      assert.match(usage, /exit codes: 0 done, 1 failed, 2 wrong usage, 3 grown/)
    }
  })
})

describe('the progress bar', () => {
  it('is drawn on a terminal and wiped off again', () => {
    const written = []
    const stream = { isTTY: true, write: (text) => written.push(text) }
    const { onProgress, end } = progressBar(stream)
    onProgress({ percent: 50 })
    onProgress({ percent: 100 })
    end()
    assert.deepEqual(written, [`\r${'█'.repeat(15)}${'░'.repeat(15)} 50 %`, `\r${'█'.repeat(30)} 100 %`, '\r\x1b[K'])
  })

  it('is nothing anywhere else', () => {
    const { onProgress, end } = progressBar({ write () { assert.fail('written') } })
    assert.equal(onProgress, undefined)
    end()
  })
})
