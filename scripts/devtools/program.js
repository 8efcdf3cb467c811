// A program that holds a bit of everything, and writes a snapshot of its own heap. Runs on Node 12 too.
//
//   node scripts/devtools/program.js OUT
'use strict'

const { EventEmitter } = require('events')
const http = require('http')
const v8 = require('v8')

class Session {
  constructor (id) {
    this.id = id
    this.user = { name: `user ${id}`, roles: ['reader', 'writer'], since: new Date(id) }
    this.seen = new Map([[id, { at: id * 1.5 }]])
    this.tags = new Set([`tag ${id % 7}`])
  }
}

class Tree {
  constructor (depth) {
    this.children = depth === 0 ? [] : [new Tree(depth - 1), new Tree(depth - 1)]
  }
}

const sessions = Array.from({ length: 2000 }, (_, id) => new Session(id))
const weak = new WeakMap(sessions.map((session) => [session, { cached: session.user, bytes: new Uint8Array(16) }]))
const weakSet = new WeakSet(sessions)
const chained = new WeakMap()
for (let at = 1; at < 100; at++) chained.set(sessions[at - 1], sessions[at])

let list = null
for (let at = 0; at < 5000; at++) list = { at, next: list }

const circle = { name: 'circle' }
circle.self = circle
circle.other = { back: circle }

const emitter = new EventEmitter().setMaxListeners(0)
for (let at = 0; at < 20; at++) emitter.on(`event ${at % 5}`, function listener () { return sessions[at] })

// Two constructors of one name, at different places.
const makers = [1, 2].map((size) => size === 1
  ? class Twin { constructor () { this.one = 1 } }
  : class Twin { constructor () { this.two = 'two' } })
const twins = Array.from({ length: 50 }, (_, at) => new makers[at % 2]())

function * numbers () { for (let at = 0; ; at++) yield at }
const generator = numbers()
generator.next()

const server = http.createServer()
const timer = setInterval(() => sessions.length, 1e6)
const pending = Array.from({ length: 100 }, (_, id) => new Promise((resolve) => emitter.once('never', () => resolve(id))))

const held = {
  circle,
  list,
  twins,
  pending,
  generator,
  server,
  weak,
  weakSet,
  chained,
  tree: new Tree(8),
  text: 'x'.repeat(5000),
  joined: `${'left '.repeat(50)}${sessions.length}`,
  part: 'a part of a longer string, long enough to be one'.slice(5, 40),
  lone: 'lone surrogate: \ud83d',
  wide: 'ü€😀'.repeat(10),
  repeated: Array.from({ length: 50 }, (_, at) => Buffer.from(`repeated ${at % 5}`).toString()),
  symbol: Symbol('named'),
  expression: /a+(b|c)/g,
  big: 2n ** 200n,
  numbers: Array.from({ length: 500 }, (_, at) => at + 0.5),
  sparse: Object.assign([], { 100000: 'far' }),
  dictionary: Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`key ${at}`, at])),
  buffers: [Buffer.alloc(100000), new ArrayBuffer(5000), new Float64Array(1000), new DataView(new ArrayBuffer(8))],
  bound: Session.bind(null, 1),
  proxy: new Proxy(circle, {}),
  error: new Error('an error with a stack')
}
global.held = held

v8.writeHeapSnapshot(process.argv[2])
clearInterval(timer)
