// Koa middleware that both apps use: the work in flight that every server has. A request reads orders, more or
// fewer, and holds them while it waits for another service: they outlive V8's young generation and then die. So the
// live heap goes up and down, and V8 collects a small heap fully several times a second by itself.
'use strict'

const { setTimeout: wait } = require('node:timers/promises')

/** What an app keeps for good and is meant to: some 7 MB. */
const products = Array.from({ length: 40_000 }, (_, number) => ({ number, name: `product ${number}`, prices: [number, number * 1.5] }))
const FEWEST_ORDERS = 200
const MOST_ORDERS = 600
const WAIT_MS = 100

/** Reads the orders of a customer, and waits for what another service knows of them. */
function orders () {
  return async (ctx, next) => {
    const length = FEWEST_ORDERS + Math.floor(Math.random() * (MOST_ORDERS - FEWEST_ORDERS))
    ctx.state.orders = Array.from({ length }, (_, number) => ({
      number,
      product: products[Math.floor(Math.random() * products.length)],
      text: `order ${number}`,
      quantities: [number, number * 1.5]
    }))
    // Stands for a call to that service.
    await wait(WAIT_MS * (0.5 + Math.random()))
    await next()
  }
}

module.exports = { orders }
