// A linked list of a million nodes: the longest path there is.
'use strict'

class Link { constructor (at, next) { this.at = at; this.next = next } }

module.exports = async function build () {
  let list = null
  for (let at = 0; at < 1_000_000; at++) list = new Link(at, list)
  return { held: list, counts: { Link: 1_000_000 } }
}
