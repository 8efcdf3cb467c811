// ArrayBuffers: of many sizes, resizable, detached, transferred; SharedArrayBuffers, growable ones and one that a worker could see.
'use strict'

class Block {
  constructor (bytes) {
    this.buffer = new ArrayBuffer(bytes)
    this.view = new Uint8Array(this.buffer)
  }
}
class OwnBuffer extends ArrayBuffer {}

module.exports = async function build () {
  const blocks = Array.from({ length: 300 }, (_, at) => new Block(at * at))
  const own = [new OwnBuffer(0), new OwnBuffer(100)]
  const large = new ArrayBuffer(32 * 1024 * 1024)
  const slices = blocks.slice(10, 20).map(({ buffer }) => buffer.slice(10))
  const shared = [new SharedArrayBuffer(0), new SharedArrayBuffer(4096)]
  // The second object of the same memory.
  const again = structuredClone(shared[1])

  const detached = new ArrayBuffer(1000)
  const viewOfDetached = new Uint8Array(detached)
  const received = structuredClone(detached, { transfer: [detached] })
  const held = { blocks, own, large, slices, shared, again, detached, viewOfDetached, received }
  if (ArrayBuffer.prototype.resize) {
    held.resizable = Array.from({ length: 20 }, (_, at) => new ArrayBuffer(at * 10, { maxByteLength: 1000 }))
    for (const buffer of held.resizable) buffer.resize(500)
    held.viewOutOfBounds = new Uint8Array(held.resizable[0], 100, 300)
    held.resizable[0].resize(50)
  }
  if (SharedArrayBuffer.prototype.grow) {
    held.growable = new SharedArrayBuffer(100, { maxByteLength: 100_000 })
    held.growable.grow(50_000)
    held.growing = new Uint8Array(held.growable)
  }
  if (ArrayBuffer.prototype.transfer) {
    const before = new ArrayBuffer(200)
    held.transferred = [before, before.transfer(), new ArrayBuffer(300).transfer(600)]
    held.fixed = new ArrayBuffer(10, { maxByteLength: 100 }).transferToFixedLength()
  }
  return { held, counts: { Block: 300, OwnBuffer: 2 } }
}
