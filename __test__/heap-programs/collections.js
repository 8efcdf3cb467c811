// Maps and Sets: empty, small, large, with deleted entries, cleared, of every kind of key, and iterated half way.
'use strict'

class Key { constructor (at) { this.at = at } }
class Value { constructor (at) { this.at = at } }
class Registry extends Map { constructor (name) { super(); this.name = name } }
class Tags extends Set {}

module.exports = async function build () {
  const byObject = new Map()
  for (let at = 0; at < 5000; at++) byObject.set(new Key(at), new Value(at))
  // Every third one goes, without the table being made anew.
  let at = 0
  for (const key of byObject.keys()) if (at++ % 3 === 0) byObject.delete(key)
  const byAnything = new Map([
    [1, 'number'], [1.5, 'double'], [NaN, 'not a number'], [-0, 'zero'], ['text', 'string'], [Symbol('local'), 'symbol'],
    [10n ** 30n, 'bigint'], [null, 'null'], [undefined, 'undefined'], [true, 'boolean'], [() => {}, 'function']
  ])
  byAnything.set(byAnything, byAnything)
  const large = new Set()
  for (let at = 0; at < 20_000; at++) large.add(at % 2 ? at : `text ${at}`)
  const nested = new Map(Array.from({ length: 50 }, (_, at) => [at, new Map([[`key ${at}`, new Set([at, new Value(at)])]])]))
  const registry = new Registry('one')
  registry.set('a', new Value(0)).set('b', new Value(1))
  const grownAndCleared = new Map(Array.from({ length: 1000 }, (_, at) => [at, { at }]))
  grownAndCleared.clear()

  const iterators = [byObject.keys(), byObject.values(), byObject.entries(), large.values(), large.entries(), nested[Symbol.iterator]()]
  for (const iterator of iterators) for (let step = 0; step < 10; step++) iterator.next()
  // These have come to their ends, or stand in a table that has been made anew since.
  const ended = new Set([1, 2]).values()
  while (!ended.next().done);
  const moved = new Map([[1, new Value(1)], [2, new Value(2)]])
  const inOldTable = moved.entries()
  inOldTable.next()
  for (let at = 0; at < 100; at++) moved.set(`key ${at}`, at)

  return {
    held: {
      byObject,
      byAnything,
      large,
      nested,
      registry,
      grownAndCleared,
      iterators,
      ended,
      moved,
      inOldTable,
      empty: [new Map(), new Set(), new Registry('empty'), new Tags()],
      tags: new Tags(['a', 'b', 'c'])
    },
    counts: { Key: 3333, Value: 3333 + 50 + 2 + 2, Registry: 2, Tags: 2 }
  }
}
