// memwatch's rule: the live heap rose at five full collections in a row. One that is not higher starts the count again.
'use strict'

const { baseline } = require('../lib/baseline')

const RISES = 5

module.exports = baseline(() => {
  let last = null
  let rises = 0
  return (liveBytes) => {
    rises = last !== null && liveBytes > last ? rises + 1 : 0
    last = liveBytes
    if (rises < RISES) return false
    rises = 0
    return true
  }
})
