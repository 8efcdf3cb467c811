// A client for remote procedures, where each property is a Proxy for a longer path: client.orders['4711'].read(). Proxies are kept by
// name, so that the same path is the same object; and orders have names too.
'use strict'

const CALLS_AN_ORDER = ['read', 'confirm']

class PathHandler {
  constructor (transport, path) {
    this.transport = transport
    this.path = path
    this.children = new Map()
  }

  get (target, name) {
    if (typeof name === 'symbol') return undefined
    let child = this.children.get(name)
    if (child === undefined) {
      child = remote(this.transport, [...this.path, name])
      this.children.set(name, child)
    }
    return child
  }

  apply (target, self, args) {
    return this.transport.send(this.path, args)
  }
}

const remote = (transport, path) => new Proxy(() => {}, new PathHandler(transport, path))

const transport = {
  sent: 0,
  send (path, args) {
    this.sent++
    return path.length + args.length
  }
}
const client = remote(transport, [])

module.exports = {
  id: 'rpc-paths',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: Proxies of a client for remote procedures, memoized by a path that has the id of the order in it',
  expectSuspect: 'PathHandler|Proxy|children|remote|Map',
  step (i) {
    const order = client.orders[`o-${Math.floor(i / CALLS_AN_ORDER.length)}`]
    return order[CALLS_AN_ORDER[i % CALLS_AN_ORDER.length]]({ at: i })
  }
}
