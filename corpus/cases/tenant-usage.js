// What tenants used is kept in a WeakMap, so that it goes when the tenant goes. Tenants never go, and no bill ever empties the lists.
'use strict'

const { randomFrom } = require('../lib/random')

const TENANTS = 60
const ROUTES = ['/search', '/orders', '/stock', '/prices', '/export']

class Tenant {
  constructor (number) {
    this.name = `tenant ${number}`
    this.plan = number % 3
  }
}

class UsageEntry {
  constructor (at, route, units) {
    this.at = at
    this.route = route
    this.units = units
  }
}

const random = randomFrom(103)
const tenants = Array.from({ length: TENANTS }, (_, number) => new Tenant(number))
const usageOf = new WeakMap()

function record (tenant, entry) {
  if (!usageOf.has(tenant)) usageOf.set(tenant, { entries: [], total: 0 })
  const usage = usageOf.get(tenant)
  usage.entries.push(entry)
  usage.total += entry.units
  return usage.total
}

module.exports = {
  id: 'tenant-usage',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: entries in lists that a WeakMap has for tenants that live for ever, a slow leak in many small holders',
  expectSuspect: 'usageOf|WeakMap|UsageEntry|entries|Tenant|tenants|record',
  step (i) {
    const tenant = tenants[Math.floor(random() ** 2 * TENANTS)]
    return record(tenant, new UsageEntry(i, ROUTES[i % ROUTES.length], random() * 100))
  }
}
