// Memory that an addon keeps for good is a native leak; what it gives back is none.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { before, describe, it } = require('node:test')
const { buildExample } = require('../scripts/build-example')
const { PACKAGE, inChild } = require('./child')

// A small heap, which V8 collects often.
const FLAGS = ['--initial-old-space-size=0', '--max-semi-space-size=1', '--max-old-space-size=64']
const CHURN = path.join(PACKAGE, 'corpus', 'lib', 'churn.js')
const COLLECTIONS = 150

/** Works until there have been so many full collections; the addon takes memory in each turn of the event loop. */
async function work (memwatch, { turn }, { addon: file, method, churn: churnFile, collections }) {
  const addon = require(file)
  const { Churn } = require(churnFile)
  const churn = new Churn({ bytesPerStep: 4096, seed: 1 })
  const said = []
  const seen = { collections: 0 }
  memwatch.on('stats', () => { seen.collections++ })
  memwatch.on('leak', ({ id, state, kind, suspects }) => said.push({ id, state, kind, suspects }))
  while (seen.collections < collections) {
    addon[method](1 << 14)
    for (let step = 0; step < 20; step++) churn.step()
    await turn()
  }
  return { said, explanation: memwatch.explain().text }
}

describe('an addon of the program', () => {
  let addon

  before(() => { addon = buildExample('native_leak') })

  const run = (method) => inChild(work, { argument: { addon, method, churn: CHURN, collections: COLLECTIONS }, flags: FLAGS })

  it('that holds its memory for good is a native leak, after it was suspected', async () => {
    const { said, explanation } = await run('hold')
    const native = said.filter(({ kind }) => kind === 'native')
    assert.deepEqual(native.map(({ state }) => state), ['suspect', 'leak'], `${JSON.stringify(said)}\n${explanation}`)
    assert.equal(native[0].id, native[1].id)
    assert.match(native[1].suspects.note, /not V8's to tell of/)
    assert.deepEqual(said.filter(({ kind, state }) => kind !== 'native' && state === 'leak'), [])
  })

  it('that gives it back is none', async () => {
    const { said } = await run('pass')
    assert.deepEqual(said.filter(({ state }) => state === 'leak'), [])
  })
})
