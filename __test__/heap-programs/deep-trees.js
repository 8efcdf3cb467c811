// Trees: balanced, degenerate and tries, with parents, all of it circles. A tenth as deep where heaps are to be small.
'use strict'

const areSmall = require('../small-heaps')

const COUNT = areSmall ? 10_000 : 100_000

class Node {
  constructor (key, parent) { this.key = key; this.parent = parent; this.left = null; this.right = null }
}
class Trie { children = Object.create(null) }

function insert (root, key) {
  let at = root
  for (;;) {
    const side = key < at.key ? 'left' : 'right'
    if (at[side] === null) { at[side] = new Node(key, at); return }
    at = at[side]
  }
}

module.exports = async function build () {
  const balanced = new Node(0.5, null)
  let state = 12345
  for (let count = 1; count < COUNT; count++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    insert(balanced, state / 2_147_483_648)
  }
  let leaf = new Node(0, null)
  const degenerate = leaf
  for (let at = 1; at < COUNT; at++) {
    leaf.right = new Node(at, leaf)
    leaf = leaf.right
  }
  const trie = new Trie()
  let tries = 1
  for (let word = 0; word < 5000; word++) {
    let at = trie
    for (const letter of String(word * 7919)) {
      if (!at.children[letter]) { at.children[letter] = new Trie(); tries++ }
      at = at.children[letter]
    }
    at.word = word
  }
  let nested = []
  for (let depth = 0; depth < COUNT / 2; depth++) nested = depth % 2 ? [nested] : { nested }
  return { held: { balanced, degenerate, leaf, trie, nested }, counts: { Node: 2 * COUNT, Trie: tries } }
}
