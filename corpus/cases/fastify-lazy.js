// Ordinary work with fastify that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'fastify-lazy',
  kind: 'benign',
  klass: 'benign',
  package: 'fastify',
  version: '4.29.0',
  source: "fastify with 24 schema'd routes reached for the first time gradually (lazy compilation, JIT), then steady.",
  expectSuspect: null,
  ...require('../workloads/fastify-lazy')()
}
