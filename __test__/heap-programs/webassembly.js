// WebAssembly: modules, instances, memories, tables, globals, exported and imported functions, and a memory that has grown.
'use strict'

/** A section of a module: its id and its content, shorter than 128 bytes. */
const section = (id, ...bytes) => [id, bytes.length, ...bytes]
const name = (text) => [text.length, ...Buffer.from(text)]
const I32 = 0x7f
const EXTERNREF = 0x6f

// (import "host" "log" (func (param i32))), a memory, a table of functions, one of references, a mutable global,
// add(a, b), which calls log, and memory, table, references and global exported.
const MODULE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  ...section(1, 2, 0x60, 1, I32, 0, 0x60, 2, I32, I32, 1, I32),
  ...section(2, 1, ...name('host'), ...name('log'), 0, 0),
  ...section(3, 1, 1),
  ...section(4, 2, 0x70, 0, 4, EXTERNREF, 0, 4),
  ...section(5, 1, 1, 1, 16),
  ...section(6, 1, I32, 1, 0x41, 42, 0x0b),
  ...section(7, 5, ...name('add'), 0, 1, ...name('memory'), 2, 0, ...name('table'), 1, 0, ...name('refs'), 1, 1, ...name('global'), 3, 0),
  ...section(9, 1, 0, 0x41, 0, 0x0b, 1, 1),
  ...section(10, 1, 12, 0, 0x20, 0, 0x10, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0f, 0x0b)
])

class Caller {
  constructor (module, at) {
    this.logged = []
    this.instance = new WebAssembly.Instance(module, { host: { log: (value) => this.logged.push(value) } })
    this.sum = this.instance.exports.add(at, at)
    this.instance.exports.refs.set(0, this)
  }
}

module.exports = async function build () {
  const compiled = new WebAssembly.Module(MODULE)
  const callers = Array.from({ length: 30 }, (_, at) => new Caller(compiled, at))
  const { module, instance } = await WebAssembly.instantiate(MODULE, { host: { log () {} } })
  // Called until V8 compiles it well, and with functions of JavaScript between.
  for (let at = 0; at < 200_000; at++) instance.exports.add(at, 1)
  const { memory, table, global } = instance.exports
  const before = memory.buffer
  memory.grow(2)
  table.set(2, instance.exports.add)
  global.value = 7
  const own = {
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    shared: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }),
    table: new WebAssembly.Table({ initial: 10, element: 'anyfunc' }),
    globals: [new WebAssembly.Global({ value: 'i64', mutable: true }, 5n), new WebAssembly.Global({ value: 'f64' }, 1.5), new WebAssembly.Global({ value: 'externref', mutable: true }, { held: true })]
  }
  own.table.set(3, callers[0].instance.exports.add)
  let error
  try { new WebAssembly.Module(new Uint8Array([0, 1, 2])) } catch (thrown) { error = thrown } // eslint-disable-line no-new
  const tag = WebAssembly.Tag && new WebAssembly.Tag({ parameters: ['i32'] })
  const exception = tag && new WebAssembly.Exception(tag, [1])
  return { held: { compiled, callers, module, instance, memory, before, own, error, tag, exception, shared: own.shared.buffer }, counts: { Caller: 30 } }
}
