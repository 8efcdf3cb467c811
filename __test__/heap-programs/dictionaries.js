// Objects whose properties are a hash table: thousands of properties, deleted ones, no prototype, index keys; frozen and sealed ones.
'use strict'

class Bag { constructor (at) { this.at = at; this.removed = {}; this.last = [at]; delete this.removed } }
class Config { constructor (at) { this.at = at; this.list = [at]; this.nested = { at } } }

module.exports = async function build () {
  const wide = {}
  for (let at = 0; at < 3000; at++) wide[`property ${at}`] = { at }
  const withDeletes = {}
  for (let at = 0; at < 2000; at++) withDeletes[`property ${at}`] = at % 3 ? `value ${at}` : { at }
  for (let at = 0; at < 2000; at += 2) delete withDeletes[`property ${at}`]
  const bare = Object.create(null)
  for (let at = 0; at < 200; at++) bare[`key ${at}`] = [at]
  const bareOnes = Array.from({ length: 100 }, (_, at) => Object.assign(Object.create(null), { at, more: { at } }))
  const literalBare = Array.from({ length: 20 }, (_, at) => ({ __proto__: null, at }))
  const byIndex = {}
  for (let at = 0; at < 500; at++) byIndex[at * 1_000_003] = { at }
  const negative = { '-1': {}, 4294967295: {}, 4294967294: {}, 1.5: {} }
  const bags = Array.from({ length: 300 }, (_, at) => new Bag(at))
  const fast = Array.from({ length: 100 }, (_, at) => new Config(at))
  const frozen = Array.from({ length: 100 }, (_, at) => Object.freeze(new Config(at)))
  const sealed = Array.from({ length: 100 }, (_, at) => Object.seal(new Config(at)))
  const unextended = Array.from({ length: 100 }, (_, at) => Object.preventExtensions(new Config(at)))
  const accessors = {}
  for (let at = 0; at < 1200; at++) Object.defineProperty(accessors, `accessor ${at}`, { get: () => at, configurable: true, enumerable: at % 2 === 0 })
  const bySymbol = {}
  for (let at = 0; at < 1100; at++) bySymbol[Symbol(`key ${at}`)] = at + 0.5
  const wideArray = Object.assign([1, 2, 3], Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`named ${at}`, at])))
  const wideFunction = Object.assign(() => {}, wideArray)
  const parsed = JSON.parse(`[${Array.from({ length: 200 }, (_, at) => `{"id":${at},"name":"n${at}","tags":["a","b"],"${at}":1.5}`)}]`)
  return {
    held: { wide, withDeletes, bare, bareOnes, literalBare, byIndex, negative, bags, fast, frozen, sealed, unextended, accessors, bySymbol, wideArray, wideFunction, parsed },
    counts: { Bag: 300, Config: 400 }
  }
}
