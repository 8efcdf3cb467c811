// Shapes: wide trees of transitions, fields that change their representation, objects that leave slack, prototypes that change.
'use strict'

class Growing { constructor (at) { this.at = at } }
class Field { constructor (value) { this.value = value } }
class Parent { method () { return 1 } }
class Child extends Parent {}

module.exports = async function build () {
  const growing = Array.from({ length: 1000 }, (_, at) => {
    const one = new Growing(at)
    for (let bit = 0; bit < 8; bit++) if (at & (1 << bit)) one[`bit${bit}`] = { bit }
    return one
  })
  // Small integers, then doubles, then anything: each change moves all of them, when they are next touched.
  const fields = Array.from({ length: 300 }, (_, at) => new Field(at))
  fields.push(new Field(1.5))
  for (const field of fields.slice(0, 100)) field.value += 0.25
  fields.push(new Field('text'), new Field({ nested: new Field(null) }))
  const manyInside = Array.from({ length: 20 }, (_, at) => {
    const one = {}
    for (let property = 0; property < 120; property++) one[`p${property}`] = property % 3 ? property + at / 7 : [property]
    return one
  })
  const literals = Array.from({ length: 100 }, (_, at) => ({ a: 1, b: { c: [at, { d: 1.5 }] }, 5: 'five', get e () { return at }, [`f${at % 10}`]: at }))
  const spread = literals.map((one) => ({ ...one, more: true }))
  const children = Array.from({ length: 100 }, () => new Child())
  children.forEach((child) => child.method())
  Parent.prototype.added = { to: 'the prototype' }
  Child.prototype.method = function () { return 2 }
  const chain = []
  let prototype = null
  for (let depth = 0; depth < 100; depth++) { prototype = Object.create(prototype, { depth: { value: depth, writable: true } }); chain.push(prototype) }
  const reconfigured = Array.from({ length: 50 }, (_, at) => {
    const one = { a: 1, b: 2, c: 3 }
    Object.defineProperty(one, 'b', at % 2 ? { get: () => at } : { enumerable: false })
    return one
  })
  const deletedLast = Array.from({ length: 50 }, (_, at) => { const one = { a: 1, b: [at] }; delete one.b; return one })
  return {
    held: { growing, fields, manyInside, literals, spread, children, chain, reconfigured, deletedLast },
    counts: { Growing: 1000, Field: 304, Child: 100 }
  }
}
