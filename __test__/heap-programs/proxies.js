// Proxies: of objects, functions and classes, nested, revoked, as prototypes and as membranes.
'use strict'

class Target { constructor (at) { this.at = at } }
class Handler {
  constructor (log) { this.log = log }
  get (target, key, receiver) { this.log.push(key); return Reflect.get(target, key, receiver) }
}

function membrane (target, seen = new WeakMap()) {
  if (Object(target) !== target) return target
  if (!seen.has(target)) {
    seen.set(target, new Proxy(target, { get: (of, key, receiver) => membrane(Reflect.get(of, key, receiver), seen) }))
  }
  return seen.get(target)
}

module.exports = async function build () {
  const log = []
  const ofObjects = Array.from({ length: 200 }, (_, at) => new Proxy(new Target(at), new Handler(log)))
  for (const one of ofObjects) log.length = one.at % 5
  const ofFunctions = [new Proxy(function named () {}, {}), new Proxy(() => {}, { apply: () => 1 }), new Proxy(Target, { construct: () => ({}) })]
  const ofArrays = [new Proxy([1, 2, 3], {}), new Proxy(new Map([[1, 2]]), {})]
  const revoked = Array.from({ length: 50 }, (_, at) => { const made = Proxy.revocable({ at }, {}); made.revoke(); return made })
  const revocable = Proxy.revocable(new Target(-1), new Handler(log))
  let nested = new Target(0)
  for (let depth = 0; depth < 20; depth++) nested = new Proxy(nested, {})
  const inherits = Object.create(ofObjects[0], { own: { value: 1 } })
  class Derived extends new Proxy(Target, {}) {}
  const outside = membrane({ a: { b: { c: new Target(1) } } })
  return {
    held: { log, ofObjects, ofFunctions, ofArrays, revoked, revocable, nested, inherits, derived: new Derived(1), outside, inside: outside.a.b.c },
    counts: { Handler: 201, Derived: 1 }
  }
}
