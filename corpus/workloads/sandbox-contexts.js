// Scripts of tenants run in contexts of their own, which a Map keeps for the next time; there is none.
'use strict'

const vm = require('node:vm')

const sandboxes = new Map()

module.exports = () => ({
  step (i) {
    const sandbox = vm.createContext({ tenant: i })
    sandboxes.set(`tenant-${i}`, sandbox)
    return vm.runInContext('tenant + 1', sandbox)
  }
})
