// WeakMaps (with chains through their values), WeakSets, WeakRefs and FinalizationRegistries, with targets alive and gone.
'use strict'

class Key { constructor (at) { this.at = at } }
class Held { constructor (at) { this.at = at } }
class OnlyThroughTable { constructor (key) { this.key = key } }
class Gone { constructor (at) { this.at = at } }

module.exports = async function build () {
  const keys = Array.from({ length: 3000 }, (_, at) => new Key(at))
  const values = new WeakMap(keys.map((key) => [key, new Held(key.at)]))
  // Two tables with the same keys.
  const more = new WeakMap(keys.slice(0, 1000).map((key) => [key, { of: key, at: key.at }]))
  // A chain: each value is the key of the next entry, and only the first key is held.
  const chain = new WeakMap()
  const first = new Key(-1)
  let key = first
  for (let at = 0; at < 500; at++) {
    const value = new OnlyThroughTable(key)
    chain.set(key, value)
    key = value
  }
  const set = new WeakSet(keys.slice(0, 500))
  // Deleted entries leave holes.
  for (const key of keys.slice(0, 200)) more.delete(key)
  const gone = new WeakMap()
  for (let at = 0; at < 300; at++) gone.set(new Gone(at), new Gone(-at))

  const refs = keys.slice(0, 1000).map((key) => new WeakRef(key))
  const refsOfGone = Array.from({ length: 100 }, (_, at) => new WeakRef(new Gone(at)))
  const called = []
  const registry = new FinalizationRegistry((what) => called.push(what))
  const token = {}
  for (const key of keys.slice(0, 400)) registry.register(key, `key ${key.at}`, key.at % 2 ? key : token)
  for (const key of keys.slice(0, 100)) registry.unregister(key)
  for (let at = 0; at < 100; at++) registry.register(new Gone(at), { what: at })
  const symbols = []
  if (Number(process.versions.node.split('.')[0]) >= 20) {
    const bySymbol = new WeakMap()
    for (let at = 0; at < 50; at++) {
      const symbol = Symbol(`key ${at}`)
      bySymbol.set(symbol, new Held(at))
      symbols.push(symbol)
    }
    symbols.push(bySymbol, new WeakRef(symbols[0]))
  }
  return {
    held: { keys, values, more, chain, first, set, gone, refs, refsOfGone, registry, token, called, symbols },
    counts: { Key: 3001, OnlyThroughTable: 500, Held: 3000 + (symbols.length > 0 ? 50 : 0) }
  }
}
