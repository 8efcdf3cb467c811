// Typed arrays of every element kind, small ones on the heap and large ones aside, and views that share buffers.
'use strict'

const TYPES = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array, globalThis.Float16Array].filter(Boolean)

class Samples extends Float64Array { mean () { return this.reduce((sum, one) => sum + one, 0) / this.length } }
class Frame {
  constructor (buffer, at) {
    this.header = new DataView(buffer, at * 64, 8)
    this.body = new Uint16Array(buffer, at * 64 + 8, 28)
  }
}

module.exports = async function build () {
  const byType = TYPES.map((Type) => ({
    empty: new Type(0),
    // Up to 64 bytes, the elements are on V8's heap; that of the second is asked for its buffer, which moves it aside.
    small: new Type(4),
    moved: (() => { const array = new Type(4); return { array, buffer: array.buffer } })(),
    edge: new Type(64 / Type.BYTES_PER_ELEMENT),
    large: new Type(5000),
    view: new Type(new ArrayBuffer(1024), 64, 8),
    copy: Type.from(new Type(20)),
    named: Object.assign(new Type(3), { unit: 'ms' })
  }))
  const shared = new ArrayBuffer(64 * 200)
  const frames = Array.from({ length: 200 }, (_, at) => new Frame(shared, at))
  const samples = Array.from({ length: 100 }, (_, at) => new Samples(at * 3).fill(at))
  const iterated = new Uint8Array([1, 2, 3]).entries()
  iterated.next()
  const inShared = [new Int32Array(new SharedArrayBuffer(256)), new DataView(new SharedArrayBuffer(64))]
  const tracking = ArrayBuffer.prototype.resize
    ? (() => {
        const buffer = new ArrayBuffer(64, { maxByteLength: 4096 })
        const views = [new Uint8Array(buffer), new Uint8Array(buffer, 16), new DataView(buffer), new Int16Array(buffer, 8, 4)]
        buffer.resize(1024)
        return { buffer, views }
      })()
    : null
  return { held: { byType, shared, frames, samples, iterated, inShared, tracking }, counts: { Frame: 200, Samples: 100 } }
}
