// A service's own state: caches that evict, indices, queues, histories and what a template engine and a router would keep.
'use strict'

class User { constructor (id) { this.id = id; this.name = `user ${id}`; this.roles = id % 3 ? ['reader'] : ['reader', 'writer']; this.friends = [] } }
class Order {
  constructor (id, user) {
    this.id = id
    this.user = user
    this.total = id * 1.19
    this.lines = Array.from({ length: id % 5 }, (_, line) => ({ line, sku: `sku-${id % 100}`, amount: line + 0.5 }))
    this.note = id % 7 ? null : `note of order ${id}`.concat(' and more')
  }
}
class Cache {
  #entries = new Map()
  constructor (limit) { this.limit = limit }
  get (key, make) {
    const found = this.#entries.get(key)
    if (found !== undefined) return found
    if (this.#entries.size >= this.limit) this.#entries.delete(this.#entries.keys().next().value)
    const made = make()
    this.#entries.set(key, made)
    return made
  }
}
class Router {
  constructor () { this.routes = [] }
  add (path, handler) {
    const names = []
    const pattern = new RegExp(`^${path.replace(/:(\w+)/g, (_, name) => { names.push(name); return '([^/]+)' })}$`)
    this.routes.push({ path, pattern, names, handler })
  }
}

module.exports = async function build () {
  const users = Array.from({ length: 2000 }, (_, id) => new User(id))
  for (const user of users) user.friends.push(users[(user.id * 7) % 2000], users[(user.id * 13) % 2000])
  const orders = Array.from({ length: 20_000 }, (_, id) => new Order(id, users[id % 2000]))
  const byUser = new Map()
  for (const order of orders) byUser.set(order.user, [...(byUser.get(order.user) ?? []), order])
  const bySku = Object.create(null)
  for (const order of orders) for (const { sku } of order.lines) (bySku[sku] ??= new Set()).add(order)
  const cache = new Cache(500)
  for (let at = 0; at < 3000; at++) cache.get(`page ${at % 900}`, () => ({ html: `<p>${at}</p>`.repeat(10), etag: at.toString(16), at: new Date(at) }))
  const router = new Router()
  for (let at = 0; at < 100; at++) router.add(`/part${at}/:id/:name`, async function handler (ctx) { ctx.body = await cache.get(at, () => at) })
  for (const { pattern } of router.routes) pattern.exec('/part5/1/a')
  const history = orders.slice(-1000).map((order) => JSON.parse(JSON.stringify({ ...order, user: order.user.id })))
  const metrics = { buckets: new Float64Array(1000), labels: new Map(), counters: new Uint32Array(50) }
  for (let at = 0; at < 500; at++) metrics.labels.set(`route="${at % 100}",code="${200 + at % 5}"`, { count: at, sum: at / 3 })
  return { held: { users, orders, byUser, bySku, cache, router, history, metrics }, counts: { User: 2000, Order: 20_000, Cache: 1, Router: 1 } }
}
