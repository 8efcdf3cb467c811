// A selector of one lasting state is asked for a page that begins at another order each time. It remembers all pages, or the newest.
'use strict'

const ORDERS = 2000
const ON_A_PAGE = 12

module.exports = (packageName, { most }) => {
  const { createSelector, lruMemoize } = require(packageName)
  const state = { orders: Array.from({ length: ORDERS }, (_, id) => ({ id, total: id * 1.5 })) }
  const bounded = {
    memoize: lruMemoize,
    memoizeOptions: { maxSize: most },
    argsMemoize: lruMemoize,
    argsMemoizeOptions: { maxSize: most }
  }
  const selectPage = createSelector(
    [({ orders }) => orders, (_, from) => from],
    (orders, from) => Array.from({ length: ON_A_PAGE }, (_, k) => ({ at: from + k, order: orders[(from + k) % ORDERS] })),
    { ...(most === Infinity ? {} : bounded), devModeChecks: { inputStabilityCheck: 'never', identityFunctionCheck: 'never' } }
  )
  return {
    step (i) {
      return selectPage(state, i).length
    }
  }
}
