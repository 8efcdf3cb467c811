// Carts of visitors in an observable map: each is put in, looked at, and taken out again when the visit ends.
'use strict'

module.exports = (packageName) => {
  const { observable } = require(packageName)
  const carts = observable.map({}, { deep: false })
  return {
    step (i) {
      const visitor = `visitor-${i}`
      carts.set(visitor, { lines: [i, i + 1] })
      const found = carts.has(visitor) ? carts.get(visitor).lines.length : 0
      carts.delete(visitor)
      return found + carts.size
    }
  }
}
