// The texts of statuses are read afresh for each request, so that a change of them needs no restart.
'use strict'

module.exports = (packageName) => {
  const requireUncached = require(packageName)
  return {
    step (i) {
      const texts = requireUncached('statuses/codes.json')
      return texts[i % 2 === 0 ? 200 : 404]
    }
  }
}
