// Contexts of `node:vm`: objects of other realms, scripts run and not run, functions compiled, code that was cached.
'use strict'

const vm = require('node:vm')

class Outer { constructor (at) { this.at = at } }

module.exports = async function build () {
  const contexts = Array.from({ length: 5 }, (_, at) => vm.createContext({ at, outer: new Outer(at), shared: [] }, { name: `context ${at}` }))
  const source = `
    class Inner { constructor (at) { this.at = at } }
    var made = Array.from({ length: 200 }, (_, at) => new Inner(at))
    globalThis.byName = new Map(made.map((one) => ['inner ' + one.at, one]))
    function closure () { return made }
    shared.push(outer, made[0], closure, new Error('in a context'), /context/g);
    ({ made, closure })`
  const script = new vm.Script(source, { filename: 'inner.js' })
  const results = contexts.map((context) => script.runInContext(context))
  const notRun = Array.from({ length: 20 }, (_, at) => new vm.Script(`function never${at} () { return ${at} }`))
  const cachedData = script.createCachedData()
  const fromCache = new vm.Script(source, { filename: 'inner.js', cachedData })
  const compiled = vm.compileFunction('return [a, b, inner]', ['a', 'b'], { contextExtensions: [{ inner: new Outer(-1) }] })
  const own = vm.runInNewContext('({ list: [1, 2, 3], date: new Date(0), promise: Promise.resolve(1) })')
  // Which global is in which place of a table is left to chance: of so many tables, each place is filled in one.
  const realms = Array.from({ length: 40 }, (_, at) =>
    vm.runInNewContext(`for (let each = 0; each < 100; each++) globalThis['global ${at} ' + each] = [{}]; globalThis`))
  const bare = vm.createContext(Object.create(null))
  vm.runInContext('globalThis.self = globalThis; const lexical = { at: 1 }; let other = [lexical]', bare)
  return {
    held: { contexts, script, results, notRun, cachedData, fromCache, compiled, own, realms, bare },
    counts: { Outer: 6, Inner: 1000 }
  }
}
