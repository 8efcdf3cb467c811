// A million small objects of one class in one array (a tenth of them where heaps are to be small), old and new, some of them with a number that needs an object of its own.
'use strict'

const areSmall = require('../small-heaps')

const COUNT = areSmall ? 100_000 : 1_000_000

class Point { constructor (x, y) { this.x = x; this.y = y } }

module.exports = async function build () {
  const points = []
  for (let at = 0; at < COUNT; at++) points.push(new Point(at, at % 16 ? at : at + 0.5))
  return { held: { points }, counts: { Point: COUNT } }
}
