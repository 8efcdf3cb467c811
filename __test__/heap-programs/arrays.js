// Arrays of every kind of elements and their transitions: small integers, doubles, holes, sparse, huge, frozen, literal and subclassed.
'use strict'

class Stack extends Array { top () { return this.at(-1) } }
class Item { constructor (at) { this.at = at } }

module.exports = async function build () {
  const items = Array.from({ length: 1000 }, (_, at) => new Item(at))
  const kinds = {
    empty: [],
    smi: [1, 2, 3],
    smiHoley: [1, , 3], // eslint-disable-line no-sparse-arrays
    double: [1.5, 2.5, NaN],
    doubleHoley: [1.5, , 2.5], // eslint-disable-line no-sparse-arrays
    elements: [{}, 'a', 1],
    elementsHoley: [{}, , 'a'], // eslint-disable-line no-sparse-arrays
    preallocated: new Array(500),
    hugePreallocated: new Array(40_000_000),
    nested: [[[[new Item(-1)]]]]
  }
  const transitions = Array.from({ length: 100 }, (_, at) => {
    const one = [at]
    if (at % 2) one.push(at + 0.5)
    if (at % 3 === 0) one.push(`text ${at}`)
    if (at % 5 === 0) one[at + 20] = items[at]
    return one
  })
  const doubles = Array.from({ length: 100_000 }, (_, at) => at * 1.1)
  const smis = Array.from({ length: 100_000 }, (_, at) => at)
  const sparse = []
  for (let at = 0; at < 1000; at++) sparse[at * 100_003] = items[at]
  const shrunk = Array.from({ length: 10_000 }, (_, at) => ({ at }))
  shrunk.length = 100
  const shifted = Array.from({ length: 5000 }, (_, at) => items[at % 1000])
  for (let at = 0; at < 4000; at++) shifted.shift()
  const deleted = items.slice()
  for (let at = 0; at < 1000; at += 7) delete deleted[at]
  const pushed = []
  for (const item of items) pushed.push(item)
  const withProperties = Object.assign(items.slice(0, 50), { index: 3, input: 'text', groups: { a: items[0] } })
  const accessor = Object.defineProperty([1, 2], 1, { get: () => items })
  const locked = [Object.freeze([items[1], 2]), Object.seal([1.5, 2.5]), Object.preventExtensions([1, , 2])] // eslint-disable-line no-sparse-arrays
  const stacks = Array.from({ length: 100 }, (_, at) => Stack.from({ length: at }, (_, step) => items[step]))
  // Literals of one place share their elements until they are written to.
  const literals = Array.from({ length: 200 }, (_, at) => { const one = [1, 2, 3, 4, 5, 6, 7, 8]; if (at % 2) one[0] = at; return one })
  const constants = Array.from({ length: 200 }, () => ['a', 'b', 'c', { d: [1.5, 2.5] }])
  const arrayLike = { 0: items[0], 1: items[1], length: 2, 7: 1.5 }
  const cyclic = []
  cyclic.push(cyclic, { cyclic })
  return {
    held: { items, kinds, transitions, doubles, smis, sparse, shrunk, shifted, deleted, pushed, withProperties, accessor, locked, stacks, literals, constants, arrayLike, cyclic },
    counts: { Item: 1001, Stack: 100 }
  }
}
