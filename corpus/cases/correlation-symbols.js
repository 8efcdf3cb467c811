// What a request carries along is filed by a symbol that modules find by its name, Symbol.for, and the name has the id of the request.
// The bag dies with the request; the registry of symbols forgets none.
'use strict'

const { randomFrom } = require('../lib/random')

const SERVICES = ['checkout', 'stock', 'search', 'accounts']

const random = randomFrom(107)
const part = () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')

const correlationKey = (service, id) => Symbol.for(`correlation/${service}/${id}`)

function downstream (bag, service, id) {
  return bag.get(correlationKey(service, id)).hops + 1
}

module.exports = {
  id: 'correlation-symbols',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: Symbol.for with the id of the request in the name; registered symbols are never collected',
  expectSuspect: 'symbol|Symbol|correlation|string',
  step (i) {
    const service = SERVICES[i % SERVICES.length]
    const id = part() + part() + part() + part()
    const bag = new Map([[correlationKey(service, id), { hops: i % 3, startedMs: Date.now() }]])
    return downstream(bag, service, id)
  }
}
