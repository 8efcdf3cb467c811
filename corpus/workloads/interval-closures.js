// An interval that is never cleared makes a closure of each order that came in, to send it again if need be. None is ever dropped.
'use strict'

const EVERY_MS = 20

module.exports = () => {
  const resends = []
  let orders = []
  const send = (order) => order.lines.length

  return {
    setup () {
      setInterval(() => {
        for (const order of orders) resends.push(() => send(order))
        orders = []
      }, EVERY_MS)
    },
    step (i) {
      orders.push({ id: i, customer: `customer ${i}`, lines: [i, i + 1, i + 2] })
      return orders.length
    }
  }
}
