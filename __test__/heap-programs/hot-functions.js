// Code: functions run until V8 has optimised them, ones whose optimised code was thrown away, inline caches of every state.
'use strict'

class Vector {
  constructor (x, y) { this.x = x; this.y = y }
  plus (other) { return new Vector(this.x + other.x, this.y + other.y) }
  get length () { return Math.hypot(this.x, this.y) }
}

const read = (one) => one.value
const sumOf = (list) => { let sum = 0; for (const one of list) sum += read(one); return sum }
const call = (of, ...rest) => of(...rest)

function loop (times) {
  let vector = new Vector(0, 0)
  const one = new Vector(1, 1)
  for (let at = 0; at < times; at++) vector = vector.plus(one)
  return vector
}

module.exports = async function build () {
  const vectors = []
  for (let round = 0; round < 30; round++) {
    vectors.push(loop(100_000))
    // The compiler works on another thread and finishes between turns.
    await new Promise(setImmediate)
  }
  // One shape, then four, then so many that the cache gives up; then a value that optimised code was not made for.
  const same = Array.from({ length: 1000 }, (_, at) => ({ value: at }))
  for (let round = 0; round < 300; round++) sumOf(same)
  await new Promise(setImmediate)
  const few = Array.from({ length: 4 }, (_, at) => ({ [`a${at}`]: at, value: at }))
  for (let round = 0; round < 1000; round++) sumOf(few)
  const many = Array.from({ length: 50 }, (_, at) => ({ [`b${at}`]: at, value: at }))
  for (let round = 0; round < 200; round++) sumOf(many)
  sumOf([{ value: 'text' }, { get value () { return 1n.toString() } }])
  // eslint-disable-next-line no-new-func
  const made = Array.from({ length: 200 }, (_, at) => Function('a', 'b', `let sum = ${at}; for (let at = 0; at < a; at++) sum += b * at; return sum`))
  for (const one of made.slice(0, 20)) for (let round = 0; round < 200; round++) one(1000, 1.5)
  for (const one of made.slice(20, 100)) one(1, 2)
  const called = Array.from({ length: 20 }, (_, at) => call((...all) => all.length, at))
  const sorted = Array.from({ length: 10_000 }, (_, at) => new Vector(at % 97, at % 89)).sort((a, b) => a.length - b.length)
  const asyncLoop = async () => { let sum = 0; for (let at = 0; at < 20_000; at++) sum += await at; return sum }
  const awaited = await asyncLoop()
  const wrapped = [Math.max, Array.prototype.map, JSON.stringify].map((builtIn) => builtIn.bind(null))
  return {
    held: { Vector, vectors, same, few, many, made, called, sorted, awaited, wrapped, functions: [read, sumOf, call, loop, asyncLoop] },
    counts: { Vector: 30 + 10_000 }
  }
}
