// A rule that a user wrote is compiled anew for each request, and kept.
'use strict'

const rules = []

module.exports = () => ({
  step (i) {
    // eslint-disable-next-line no-new-func
    const rule = new Function('order', `return order.total > ${i} && order.items.length < ${i % 100}`)
    rules.push(rule)
    return rule({ total: i, items: [] })
  }
})
