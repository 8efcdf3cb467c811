// Closures over nested contexts, `eval` and `with` scopes, `arguments` in sloppy and strict functions, bound functions and loops.
'use strict'

class Captured { constructor (at) { this.at = at } }

function counters (count) {
  const shared = { total: 0 }
  return Array.from({ length: count }, (_, at) => {
    let own = new Captured(at)
    return {
      read: () => own,
      write: (value) => { own = value; shared.total++ },
      nested: () => { const inner = new Captured(-at); return () => () => [own, inner, shared] }
    }
  })
}

function strictArguments (a, b) {
  return { all: arguments, has: () => arguments.length + a + b }
}

// Sloppy mode: mapped `arguments`, `with`, and an `eval` that declares variables in its function's scope.
// eslint-disable-next-line no-new-func
const sloppy = Function('Captured', `
  function mapped (a, b, c) { return { all: arguments, set: (value) => { a = value }, get: () => [a, b, c] } }
  function inWith (scope) { with (scope) { return { read: () => inScope, write: (value) => { inScope = value } } } }
  function byEval (source) { var before = new Captured(1); eval(source); return { inner: () => eval('before'), other: () => declared } }
  function callee () { return arguments.callee }
  return { mapped, inWith, byEval, callee }
`)(Captured)

module.exports = async function build () {
  const many = counters(500)
  const nested = many.map(({ nested }) => nested())
  const opened = nested.slice(0, 100).map((open) => open())
  const mapped = Array.from({ length: 50 }, (_, at) => sloppy.mapped(new Captured(at), at, `text ${at}`))
  mapped[0].set(new Captured(-1))
  const inWith = Array.from({ length: 20 }, (_, at) => sloppy.inWith({ inScope: new Captured(at) }))
  const byEval = sloppy.byEval('var declared = new Captured(2); let hidden = () => declared')
  const bound = Array.from({ length: 30 }, (_, at) => strictArguments.bind(new Captured(at), at, { at }))
  const perTurn = []
  for (let at = 0; at < 50; at++) { const one = new Captured(at); perTurn.push(() => [at, one]) }
  let caught
  try { throw new Captured(0) } catch (error) { caught = () => error }
  const curried = ((a) => (b) => (c) => (d) => [a, b, c, d])(new Captured(1))(new Captured(2))(new Captured(3))
  return {
    held: {
      many,
      nested,
      opened,
      mapped,
      inWith,
      byEval,
      bound,
      perTurn,
      caught,
      curried,
      unmapped: strictArguments(new Captured(1), { b: 2 }),
      callee: sloppy.callee(),
      withProperties: Object.assign(function named () {}, { registry: new Map([['one', new Captured(1)]]) }),
      methods: { get one () { return perTurn }, set one (value) { perTurn.push(value) }, async two () {}, * three () {}, async * four () {} }
    },
    counts: { Captured: 500 + 500 + 50 + 20 + 2 + 30 + 50 + 1 + 3 + 1 + 1 }
  }
}
