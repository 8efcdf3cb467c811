// A linked list of a million nodes (a tenth of them where heaps are to be small): the longest path there is.
'use strict'

const areSmall = require('../small-heaps')

const COUNT = areSmall ? 100_000 : 1_000_000

class Link { constructor (at, next) { this.at = at; this.next = next } }

module.exports = async function build () {
  let list = null
  for (let at = 0; at < COUNT; at++) list = new Link(at, list)
  return { held: list, counts: { Link: COUNT } }
}
