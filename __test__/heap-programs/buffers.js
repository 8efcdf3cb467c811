// Buffers: from the pool, beyond it, slices of slices, shared with typed arrays, in flight in the file system.
'use strict'

const fs = require('node:fs')
const { StringDecoder } = require('node:string_decoder')
const zlib = require('node:zlib')

class Packet {
  constructor (at) {
    this.header = Buffer.from(`header ${at}`)
    this.body = Buffer.allocUnsafe(at)
    this.part = this.body.subarray(0, at >> 1)
  }
}

module.exports = async function build () {
  const packets = Array.from({ length: 1000 }, (_, at) => new Packet(at * 3))
  const sizes = [0, 1, 8, 64, 4095, 4096, 8192, 65_536, 5_000_000].map((size) => Buffer.alloc(size))
  const encodings = ['utf8', 'hex', 'base64', 'latin1', 'utf16le'].map((encoding) => Buffer.from('abcd1234', encoding))
  const ofArray = [Buffer.from([1, 2, 3]), Buffer.from(new Uint16Array([1, 2]).buffer), Buffer.from(encodings[0])]
  const joined = Buffer.concat(packets.slice(0, 100).map(({ header }) => header))
  let slice = Buffer.alloc(10_000)
  const slices = []
  for (let at = 0; at < 100; at++) { slice = slice.subarray(at); slices.push(slice) }
  const files = await Promise.all([fs.promises.readFile(__filename), fs.promises.readFile(require.resolve('../../package.json'))])
  const packed = [zlib.gzipSync(files[0]), zlib.deflateSync(files[1]), zlib.brotliCompressSync(files[0])]
  const decoder = new StringDecoder('utf8')
  decoder.write(Buffer.from([0xe2, 0x82]))
  const slow = Buffer.allocUnsafeSlow(100)
  const json = JSON.parse(JSON.stringify(Buffer.from('as JSON')))
  return { held: { packets, sizes, encodings, ofArray, joined, slices, files, packed, decoder, slow, json }, counts: { Packet: 1000 } }
}
