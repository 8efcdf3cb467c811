// The demo's verdict: exit code 0 when the leak is caught in the leaking app and none in the fixed one,
// and another code when not.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { describe, test } = require('node:test')

const DEMO = path.join(__dirname, '..', 'examples', 'koa-leak')
const SUMMARY = 'app      requests  full GCs  heap first → last'

// The apps share the demo's standard output: it closes when they, too, are gone.
function startDemo (...args) {
  const child = spawn(process.execPath, [DEMO, ...args], { env: { ...process.env, NO_COLOR: '1' } })
  const demo = { child, output: '', closed: once(child, 'close') }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => { demo.output += text })
  }
  return demo
}

describe('the demo', { concurrency: true, timeout: 180_000 }, () => {
  test('the_leak_is_caught_in_the_leaking_app_and_none_in_the_fixed_one', async () => {
    const demo = startDemo()
    const [code] = await demo.closed
    assert.equal(code, 0, demo.output)
    assert.match(demo.output, /leaking SUSPECT {3}the heap has been growing over \d+ full collections/)
    assert.match(demo.output, /leaking LEAK {6}the heap leaks: it has grown over \d+ full collections and goes on/)
    assert.match(demo.output, /^ +severity +\w+, heap limit in about \d+ s$/m)
    assert.match(demo.output, /^ +path .*myData/m)
    assert.match(demo.output, /leaking SUSPECT {3}the live heap of .* passed the threshold of 24 mb/)
    assert.ok(demo.output.includes(SUMMARY), demo.output)
    assert.match(demo.output, /^leaking +\d+ +\d+ +[\d.]+ MB → [\d.]+ MB +leaks +.*leak × 1/m)
    assert.match(demo.output, /^fixed +\d+ +\d+ +[\d.]+ MB → [\d.]+ MB +quiet /m)
    assert.match(demo.output, /^js-heap: leak, \d+ full collections/m)
    assert.match(demo.output, /^OK: the leak was caught and named/m)
  })

  test('a_leak_that_is_not_caught_fails_the_demo', async () => {
    const demo = startDemo('--leaking', 'fixed-app.js')
    const [code] = await demo.closed
    assert.equal(code, 1, demo.output)
    assert.ok(demo.output.includes(SUMMARY), demo.output)
    assert.match(demo.output, /^FAILED: the leak was not caught in the leaking app/m)
    assert.doesNotMatch(demo.output, /^OK/m)
  })

  test('an_interrupt_ends_the_demo_and_its_apps', async () => {
    const demo = startDemo()
    while (!demo.output.includes('watched from now on')) await once(demo.child.stdout, 'data')
    demo.child.kill('SIGINT')
    const [code] = await demo.closed
    assert.equal(code, 130, demo.output)
  })
})
