// The client of an upstream service is renewed with each token. What the new one does needs nothing of the old one; but another
// function that was made in the same call does, and closures of a call share one context. So each client keeps the one before.
'use strict'

const { randomFrom } = require('../lib/random')

const WORDS_OF_TOKEN = 16

const random = randomFrom(101)
let client = null

const word = () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')
const tokenOf = () => Array.from({ length: WORDS_OF_TOKEN }, word).join('')

function renew (i) {
  const previous = client
  const describe = () => `${previous.subject} was used ${previous.uses} times`
  if (previous !== null && process.env.TRACE_RENEWALS === 'all') process.stderr.write(describe())
  client = {
    subject: `service ${i % 37}`,
    token: tokenOf(),
    uses: 0,
    claims: { issuedMs: Date.now(), lifetimeMs: 30000 + random(), audience: ['orders', `shop ${i % 211}`] },
    authorize: (request) => ({ ...request, isAuthorized: true })
  }
}

module.exports = {
  id: 'client-renewal',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test; the leak of https://blog.meteor.com/an-interesting-kind-of-javascript-memory-leak-8b47d2e7f156: closures that share a context make a chain of all clients there were',
  expectSuspect: 'client|previous|authorize|renew|Context|context',
  step (i) {
    renew(i)
    client.uses++
    return client.authorize({ path: '/orders' }).isAuthorized
  }
}
