// A million small objects of one class in one array, old and new, some of them with a number that needs an object of its own.
'use strict'

class Point { constructor (x, y) { this.x = x; this.y = y } }

module.exports = async function build () {
  const points = []
  for (let at = 0; at < 1_000_000; at++) points.push(new Point(at, at % 16 ? at : at + 0.5))
  return { held: { points }, counts: { Point: 1_000_000 } }
}
