// zod 4.1.8, without the leak of zod-registry.leaky.
'use strict'

module.exports = {
  id: 'zod-registry.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'zod',
  version: '4.1.8',
  source: 'https://github.com/elastic/kibana/pull/258147 (globalRegistry keeps every described schema; upstream commit 36c4ee3 uses a WeakMap from 4.1.8); also https://github.com/mastra-ai/mastra/issues/18469',
  expectSuspect: null,
  ...require('../workloads/zod-registry')('zod-b')
}
