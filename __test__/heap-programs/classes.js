// Classes: fields, private names and methods, static blocks, accessors, inheritance, and names that are hidden or overridden.
'use strict'

class Base {
  static #made = 0
  static registry = new Map()
  static { this.registry.set('base', this) }
  #secret = { of: Base.#made++ }
  visible = [1, 2]
  get secret () { return this.#secret }
  set secret (value) { this.#secret = value }
  #hidden () { return this.#secret }
  callHidden () { return this.#hidden() }
  static isBase (one) { return #secret in one }
}
class Derived extends Base {
  static more = new Set([Base])
  #own = Symbol('own')
  get own () { return this.#own }
  get [Symbol.toStringTag] () { return 'Tagged' }
}
class Deep extends Derived { ['computed ' + 1] = super.secret }
class FromNull extends null { static create () { return Object.create(FromNull.prototype) } }
class NamedStatic { static name = 'NotItsName' }
class WithSlots { constructor (at) { for (let slot = 0; slot < at % 40; slot++) this[`slot${slot}`] = slot } }

function OldStyle (at) { this.at = at }
OldStyle.prototype.method = function () { return this.at }
function OldDerived (at) { OldStyle.call(this, at) }
OldDerived.prototype = Object.create(OldStyle.prototype)

const mixin = (Parent) => class Mixed extends Parent { mixed = true }
const anonymous = (() => class {})()

module.exports = async function build () {
  const many = Array.from({ length: 1000 }, () => new Base())
  const derived = Array.from({ length: 500 }, () => new Derived())
  const deep = Array.from({ length: 100 }, () => new Deep())
  const mixed = [new (mixin(Base))(), new (mixin(Derived))(), new (mixin(Map))()]
  const old = Array.from({ length: 200 }, (_, at) => at % 2 ? new OldStyle(at) : new OldDerived(at))
  const overridden = Array.from({ length: 50 }, (_, at) => ({ constructor: { name: `Pretends${at % 3}` }, at }))
  const ownConstructor = Array.from({ length: 50 }, () => { const one = new Base(); one.constructor = OldStyle; return one })
  const tagged = Array.from({ length: 30 }, (_, at) => ({ [Symbol.toStringTag]: 'OwnTag', at }))
  const rebased = Array.from({ length: 30 }, (_, at) => Object.setPrototypeOf({ at }, Derived.prototype))
  const reflected = [Reflect.construct(Base, [], OldStyle), Reflect.construct(Array, [3], Base)]
  const anonymousOnes = [new anonymous(), new (class {})(), new function () { this.a = 1 }()] // eslint-disable-line new-cap
  const slots = Array.from({ length: 400 }, (_, at) => new WithSlots(at))
  return {
    held: {
      many,
      derived,
      deep,
      mixed,
      old,
      overridden,
      ownConstructor,
      tagged,
      rebased,
      reflected,
      anonymousOnes,
      slots,
      fromNull: [FromNull.create()],
      renamed: [new NamedStatic()],
      accessors: Object.defineProperties({}, { a: { get: () => many, enumerable: true }, b: { get () {}, set () {}, configurable: true }, c: { value: old } }),
      statics: [Base, Derived, Deep, FromNull, NamedStatic, anonymous]
    },
    counts: { Deep: 100, WithSlots: 400 }
  }
}
