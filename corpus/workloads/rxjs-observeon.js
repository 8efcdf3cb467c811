// Orders go through a subject, and a subscriber of the application sees each of them by way of the queue scheduler.
'use strict'

module.exports = (packageName) => {
  const { Subject, observeOn, queueScheduler } = require(packageName)
  const orders = new Subject()
  let total = 0
  return {
    setup () {
      orders.pipe(observeOn(queueScheduler)).subscribe((order) => { total += order.lines.length })
    },
    step (i) {
      orders.next({ id: i, lines: [i, i + 1, i + 2] })
      return total
    }
  }
}
