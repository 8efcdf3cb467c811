// Streams: files half read, pipelines that are full, transforms, compression under way, and web streams with readers and tees.
'use strict'

const { once } = require('node:events')
const fs = require('node:fs')
const readline = require('node:readline')
const { Duplex, PassThrough, Readable, Transform, Writable, pipeline } = require('node:stream')
const { ReadableStream, TransformStream, WritableStream } = require('node:stream/web')
const zlib = require('node:zlib')

class Record { constructor (at) { this.at = at; this.text = `record ${at}` } }
class Counting extends Transform {
  constructor () { super({ objectMode: true }); this.seen = [] }
  _transform (chunk, encoding, callback) { this.seen.push(chunk); callback(null, chunk) }
}
class Stuck extends Writable {
  constructor () { super({ objectMode: true, highWaterMark: 4 }); this.waiting = [] }
  _write (chunk, encoding, callback) { this.waiting.push({ chunk, callback }) }
}

module.exports = async function build () {
  const file = fs.createReadStream(__filename, { highWaterMark: 256 })
  await once(file, 'readable')
  const handle = await fs.promises.open(__filename)
  const folder = fs.opendirSync(__dirname)
  folder.readSync()
  const records = Array.from({ length: 500 }, (_, at) => new Record(at))
  const pipelines = Array.from({ length: 10 }, (_, at) => {
    const [source, counting, stuck] = [Readable.from(records), new Counting(), new Stuck()]
    pipeline(source, counting, stuck, () => {})
    return { source, counting, stuck }
  })
  while (pipelines.some(({ stuck }) => stuck.waiting.length === 0 || stuck.writableLength < 4)) await new Promise(setImmediate)
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  const pass = new PassThrough()
  for (let at = 0; at < 20; at++) pass.write(`chunk ${at} `.repeat(100))
  const packing = zlib.createGzip()
  packing.write('compressed '.repeat(10_000))
  await new Promise((resolve) => packing.flush(resolve))
  const lines = readline.createInterface({ input: new PassThrough() })
  lines.on('line', () => {})
  lines.input.write('one\ntwo\nthree without an end')
  const iterated = Readable.from(records)[Symbol.asyncIterator]()
  await iterated.next()
  const duplex = Duplex.from(async function * (source) { for await (const one of source) yield one })

  const web = new ReadableStream({ start (controller) { for (let at = 0; at < 5; at++) controller.enqueue(records[at]) } })
  const [left, right] = web.tee()
  const reader = left.getReader()
  await reader.read()
  const transform = new TransformStream()
  const writer = transform.writable.getWriter()
  const written = writer.write({ never: 'read' })
  const sink = new WritableStream({ write: () => new Promise(() => {}) })
  const sinkWriter = sink.getWriter()
  sinkWriter.write(records[0])
  const lastRead = (() => { const one = new ReadableStream(); const reader = one.getReader(); return [reader, reader.read()] })()
  return {
    held: { file, handle, folder, records, pipelines, pass, packing, lines, iterated, duplex, web, right, reader, transform, writer, written, sink, sinkWriter, lastRead },
    counts: { Record: 500, Counting: 10, Stuck: 10 }
  }
}
