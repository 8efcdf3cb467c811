// zod 4.1.7, which leaks. 4.1.8 does not.
'use strict'

module.exports = {
  id: 'zod-registry.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'zod',
  version: '4.1.7',
  fixedIn: '4.1.8',
  source: 'https://github.com/elastic/kibana/pull/258147 (globalRegistry keeps every described schema; upstream commit 36c4ee3 uses a WeakMap from 4.1.8); also https://github.com/mastra-ai/mastra/issues/18469',
  expectSuspect: '_map|globalRegistry|ZodRegistry|ZodObject|ZodString|ZodNumber|Map',
  ...require('../workloads/zod-registry')('zod-a')
}
