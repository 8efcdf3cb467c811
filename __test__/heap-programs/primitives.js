// Numbers that need an object, BigInts small and huge, symbols, booleans, their wrappers, and Dates.
'use strict'

class Reading {
  constructor (at) {
    this.small = at
    this.double = at + 0.25
    this.beyond = 2 ** 31 + at
    this.big = BigInt(at) ** 5n
    this.when = new Date(at * 86_400_000)
    this.none = at % 2 ? null : undefined
    this.flag = at % 3 === 0
  }
}
class Day extends Date {}

const registered = Symbol.for('heap-program.registered')

module.exports = async function build () {
  const readings = Array.from({ length: 2000 }, (_, at) => new Reading(at))
  const bigints = [0n, 1n, -1n, 2n ** 63n, -(2n ** 64n), 10n ** 1000n, 3n ** 50_000n, BigInt.asIntN(8, 200n)]
  for (let at = 0; at < 500; at++) bigints.push(2n ** BigInt(at))
  const symbols = [registered, Symbol.iterator, Symbol('described'), Symbol(), Symbol('')] // eslint-disable-line symbol-description
  for (let at = 0; at < 200; at++) symbols.push(Symbol(`local ${at}`), Symbol.for(`registered ${at}`))
  const bySymbol = Object.fromEntries(symbols.map((symbol, at) => [symbol, { at }]))
  const wrapped = [Object(1), Object(1.5), Object('text'), Object(true), Object(10n), Object(Symbol('wrapped')), Object('длинный')]
  const doubles = [0.1, -0, NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, 1e21]
  const mixed = doubles.map((double) => [double, 'mixed', double])
  const dates = [new Date(0), new Date(NaN), new Date(2024, 1, 29), new Day(2020, 0, 1)]
  // Asked for, so that V8 caches the fields.
  const asked = dates.map((date) => { date.getDay(); date.getHours(); return String(date) })
  return {
    held: { readings, bigints, symbols, bySymbol, wrapped, doubles, mixed, dates, asked },
    counts: { Reading: 2000, Day: 1 }
  }
}
