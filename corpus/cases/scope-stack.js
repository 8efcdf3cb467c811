// Reports of errors have what went before them. Each request works in a scope, a copy of the one below it on the stack, which is
// taken off when the request is done; not when it failed, because that is not in a finally.
'use strict'

const { randomFrom } = require('../lib/random')

const SHARE_OF_FAILURES = 0.18
const MOST_BREADCRUMBS = 12
const CATEGORIES = ['http', 'query', 'cache', 'console']

const random = randomFrom(257)

class ReportScope {
  constructor (parent) {
    this.tags = { ...parent?.tags }
    this.extra = { ...parent?.extra }
    this.breadcrumbs = [...parent?.breadcrumbs ?? []]
  }

  add (breadcrumb) {
    this.breadcrumbs.push(breadcrumb)
    if (this.breadcrumbs.length > MOST_BREADCRUMBS) this.breadcrumbs.shift()
  }
}

const reportHub = { scopeStack: [new ReportScope(null)], sent: 0 }

function withScope (work) {
  const { scopeStack } = reportHub
  const scope = new ReportScope(scopeStack[scopeStack.length - 1])
  scopeStack.push(scope)
  work(scope)
  scopeStack.pop()
}

function handle (scope, i) {
  scope.tags.route = `/accounts/${i % 37}`
  scope.extra.request = { id: `r-${i}`, query: { page: i % 9, size: 20 } }
  for (const [k, category] of CATEGORIES.entries()) scope.add({ category, at: i + k, message: `${category} of request ${i}`, data: { tookMs: random() * 40 } })
  if (random() < SHARE_OF_FAILURES) throw new RangeError(`no account ${i}`)
}

module.exports = {
  id: 'scope-stack',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a stack of scopes that is not popped when the work throws, one request in six',
  expectSuspect: 'reportHub|scopeStack|ReportScope|breadcrumbs',
  step (i) {
    try {
      withScope((scope) => handle(scope, i))
    } catch {
      reportHub.sent++
    }
    return reportHub.sent
  }
}
