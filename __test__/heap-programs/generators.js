// Generators and async generators: not begun, suspended at several places, delegating, and ended.
'use strict'

class Local { constructor (at) { this.at = at } }

function * walk (at) {
  const local = new Local(at)
  try {
    for (let step = 0; ; step++) yield [local, step]
  } finally {
    local.at = -1
  }
}

function * manyRegisters (a, b, c, ...rest) {
  const [d, e, f] = [{ a }, { b }, { c }]
  const double = a * 0.5
  const received = yield { d, e, f, double }
  yield * rest.map((one) => [one, received])
}

function * outer (at) { yield * inner(at) }
function * inner (at) { const local = new Local(at); yield local; yield * walk(at) }

async function * stream (at) {
  const local = new Local(at)
  yield local
  await new Promise(() => {})
  yield at
}

class Tree {
  constructor (depth) {
    this.left = depth > 0 ? new Tree(depth - 1) : null
    this.right = depth > 0 ? new Tree(depth - 1) : null
  }

  * [Symbol.iterator] () {
    if (this.left) yield * this.left
    yield this
    if (this.right) yield * this.right
  }
}

module.exports = async function build () {
  const suspended = Array.from({ length: 300 }, (_, at) => { const one = walk(at); one.next(); one.next(); return one })
  const notBegun = Array.from({ length: 50 }, (_, at) => walk({ at }))
  const delegating = Array.from({ length: 50 }, (_, at) => { const one = outer(at); one.next(); one.next(); return one })
  const registers = Array.from({ length: 20 }, (_, at) => { const one = manyRegisters(at, 2, 3, 'a', 'b'); one.next(); one.next({ at }); return one })
  const ended = Array.from({ length: 20 }, (_, at) => { const one = walk(at); one.next(); one.return(at); return one })
  const thrown = walk(0)
  try { thrown.throw(new Error('thrown in')) } catch {}
  const tree = new Tree(8)
  const inTree = tree[Symbol.iterator]()
  for (let step = 0; step < 100; step++) inTree.next()
  const streams = []
  for (let at = 0; at < 50; at++) {
    const one = stream(at)
    await one.next()
    // Never answered, and more of them wait behind.
    streams.push({ one, asked: [one.next(), one.next('second'), one.return('third')] })
  }
  const idle = [stream(0), stream(1)]
  return {
    held: { suspended, notBegun, delegating, registers, ended, thrown, tree, inTree, streams, idle },
    counts: { Local: 300 + 50 + 50 + 50, Tree: 511 }
  }
}
