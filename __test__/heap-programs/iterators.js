// Iterators half way: of arrays, strings, typed arrays, `arguments`, own ones, and the helpers where there are some.
'use strict'

class Range {
  constructor (end) { this.end = end }
  [Symbol.iterator] () {
    let at = 0
    return { next: () => ({ done: at >= this.end, value: at++ }), return: (value) => ({ done: true, value }) }
  }
}
class Item { constructor (at) { this.at = at } }
const OwnIterator = globalThis.Iterator && class OwnIterator extends globalThis.Iterator { next () { return { done: false, value: this } } }

function begun (iterator) {
  iterator.next()
  return iterator
}

module.exports = async function build () {
  const items = Array.from({ length: 200 }, (_, at) => new Item(at))
  const half = []
  for (let at = 0; at < 100; at++) {
    half.push(begun(items.values()), begun(items.entries()), begun(items.keys()), begun('a text 𝒳 of it'[Symbol.iterator]()))
    half.push(begun(new Range(at)[Symbol.iterator]()), begun(new Float32Array(5).values()))
  }
  const ofArguments = (function () { return begun(arguments[Symbol.iterator]()) })(...items.slice(0, 5))
  const ended = items.slice(0, 1).values()
  while (!ended.next().done);
  const entries = Object.entries({ a: items[0], b: items[1] })
  const params = begun(new URLSearchParams('a=1&b=2').entries())
  const helpers = []
  if (globalThis.Iterator) {
    const { Iterator } = globalThis
    for (let at = 0; at < 30; at++) {
      helpers.push(
        begun(items.values().map((one) => [one])), begun(items.values().filter(({ at }) => at % 2)), begun(items.values().take(5)),
        begun(items.values().drop(3)), begun(items.values().flatMap((one) => [one, one])), begun(Iterator.from(new Range(9)[Symbol.iterator]()))
      )
    }
    helpers.push(new OwnIterator(), begun(new OwnIterator().map((one) => one)))
    if (Iterator.concat) helpers.push(begun(Iterator.concat(items, new Range(3))))
  }
  const fromAsync = Array.fromAsync ? await Array.fromAsync(new Range(20)) : []
  const grouped = Object.groupBy ? [Object.groupBy(items, ({ at }) => `group ${at % 3}`), Map.groupBy(items, ({ at }) => at % 3)] : []
  return { held: { items, half, ofArguments, ended, entries, params, helpers, fromAsync, grouped }, counts: { Item: 200 } }
}
