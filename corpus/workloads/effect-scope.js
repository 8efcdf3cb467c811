// A model of data on a server: each row that is opened has computed values in a scope of its own, inside the scope of the table. The
// row's scope is stopped when it is closed; the table stays.
'use strict'

module.exports = (packageName) => {
  const { computed, effect, effectScope, reactive } = require(packageName)
  const table = effectScope(true)
  return {
    step (i) {
      const row = reactive({ id: i, price: i % 97, count: 1 })
      let shown
      const scope = table.run(() => effectScope())
      scope.run(() => {
        const total = computed(() => row.price * row.count)
        effect(() => { shown = total.value })
      })
      row.count = 3
      scope.stop()
      return shown
    }
  }
}
