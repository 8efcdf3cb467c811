// Each job runs with a fresh graceful-fs, as test runners that reset the registry of modules give it to each test.
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')

/** What a job does besides. */
const JOB_MS = 2

module.exports = (packageName) => {
  const file = require.resolve(packageName)
  const without = (list) => list.filter(({ filename }) => filename !== file)
  return {
    async step (i) {
      const fs = require(packageName)
      // Nothing of Node's own keeps the module: see require-uncached.
      delete require.cache[file]
      module.children = without(module.children)
      await sleep(JOB_MS)
      return typeof fs.readFile
    }
  }
}
