// Fills a heap as a program might and writes it as a `.heapsnapshot` file: `node --expose-gc analyze-heap.js MB FILE`.
// The same every time: customers, orders and sessions that refer to each other, caches, closures, buffers, trees,
// lists, rows as a database gives them, and from 100 MB on the syntax trees of TypeScript's own declarations.
'use strict'

const fs = require('node:fs')
const inspector = require('node:inspector')
const path = require('node:path')
const v8 = require('node:v8')

const MEGABYTES = 1e6
// Of the file; measured on Node 20, near enough on others.
const BARE_BYTES = 4.05 * MEGABYTES
const UNIT_BYTES = 2.45 * MEGABYTES
// Numbers have more digits in a larger file: each unit takes this much more than the one before.
const GROWTH_BYTES = 700
const TREES_BYTES = 42.4 * MEGABYTES

let seed = 1
function random (below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return Math.floor(seed / 2 ** 32 * below)
}

class Customer {
  constructor (id) {
    Object.assign(this, { id, name: `customer ${id}`, mail: `c${id}@example.com`, labels: ['new', `group-${id % 60}`] })
    this.address = { street: `street ${id % 900}`, place: { latitude: id / 7, longitude: -id / 3 } }
    this.orders = []
    this.friends = []
  }
}

class Order {
  constructor (customer, id) {
    this.customer = customer
    this.placed = new Date(1.7e12 + id * 6e4)
    this.items = [{ sku: `sku-${id % 500}`, count: id % 5 + 1 }, { sku: `sku-${random(500)}`, count: 1 }]
  }
}

class Session {
  constructor (customer) {
    this.customer = customer
    this.token = Buffer.from(`token of ${customer.id}`).toString('base64')
    this.values = new Map([['customer', customer], ['visits', random(100)]])
  }
}

class Branch {
  constructor (key) {
    this.key = key
    this.less = null
    this.more = null
  }

  add (key) {
    let at = this
    for (;;) {
      const side = key < at.key ? 'less' : 'more'
      if (at[side] === null) {
        at[side] = new Branch(key)
        return
      }
      at = at[side]
    }
  }
}

const times = (length, make) => Array.from({ length }, (_, at) => make(at))

function counter (customer) {
  let count = random(1000)
  return function onRequest () {
    return `${customer.name}: ${++count}`
  }
}

function unit (number) {
  const customers = times(800, (at) => new Customer(number * 800 + at))
  for (const customer of customers) {
    customer.friends = times(3, () => customers[random(customers.length)])
    customer.orders = times(random(3), (at) => new Order(customer, customer.id * 3 + at))
  }
  const sessions = customers.slice(0, 250).map((customer) => new Session(customer))
  const cache = { byToken: new Map(), seen: new Set(), notes: new WeakMap(), byName: {} }
  for (const session of sessions) {
    cache.byToken.set(session.token, session)
    cache.seen.add(session.customer)
    cache.notes.set(session, { opened: number })
    cache.byName[session.customer.name] = session
  }
  const tree = new Branch(500000)
  for (let key = 0; key < 500; key++) tree.add(random(1e6))
  let list = null
  for (let at = 0; at < 1000; at++) list = { at, next: list }
  return {
    customers,
    sessions,
    cache,
    tree,
    list,
    handlers: customers.slice(0, 400).map(counter),
    rows: JSON.parse(JSON.stringify(times(300, (id) => ({ id, title: `row ${id}`, price: id * 1.25, part: { of: [id, null] } })))),
    lines: times(600, (at) => `line ${number}.${at} says "${'ä\\x'[at % 3].repeat(at % 70)}"`),
    joined: times(120, (at) => times(6, (part) => `part ${part} of ${at} `).reduce((all, one) => all + one)),
    numbers: times(200, (at) => times(25, (slot) => slot % 5 ? slot * at : { slot })),
    readings: times(600, (at) => at + 0.5),
    buffers: times(25, (at) => Buffer.alloc(300 + at)),
    pending: times(40, (at) => new Promise(() => {}).then(() => customers[at]))
  }
}

function syntaxTrees () {
  const typescript = require('typescript')
  const folder = path.dirname(require.resolve('typescript'))
  const names = fs.readdirSync(folder).filter((name) => /^lib\..*\.d\.ts$/.test(name)).slice(0, 30)
  return names.map((name) => {
    const text = fs.readFileSync(path.join(folder, name), 'utf8')
    return typescript.createSourceFile(name, text, typescript.ScriptTarget.Latest, true)
  })
}

const [megabytes, file] = process.argv.slice(2)
let rest = Number(megabytes) * MEGABYTES - BARE_BYTES
const heap = globalThis.heap = { trees: [], units: [] }
if (Number(megabytes) >= 100) {
  heap.trees = syntaxTrees()
  rest -= TREES_BYTES
}
for (let number = 0; rest > UNIT_BYTES / 2; number++) {
  heap.units.push(unit(number))
  rest -= UNIT_BYTES + GROWTH_BYTES * number
}
// V8 of Node 20 works out the position of each function slowly, unless a debugger was there.
const session = new inspector.Session()
session.connect()
session.post('Debugger.enable')
session.post('Debugger.disable')
session.disconnect()
globalThis.gc()
v8.writeHeapSnapshot(file)
