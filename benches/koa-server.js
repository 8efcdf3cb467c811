// The Koa application under load. On command it listens to `stats` or stops, and says what CPU time
// the process has used.
'use strict'

const Koa = require('koa')
const Router = require('@koa/router')
const { own } = require('./watchers')

const memwatch = own()
const listener = () => {}

const router = new Router()
router.get('/hello', (context) => {
  context.body = { hello: 'world' }
})
router.get('/allocate', (context) => {
  const rows = []
  for (let id = 0; id < 1000; id++) rows.push({ id, name: `row ${id}`, tags: [id, id + 1], owner: { id } })
  context.body = { rows: rows.length, last: rows.at(-1) }
})

const COMMANDS = {
  watch: (on) => {
    if (on) memwatch.on('stats', listener)
    else memwatch.removeListener('stats', listener)
  },
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  collections: () => memwatch.stats().pauses
}

const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  process.send(server.address().port)
})
process.on('message', ({ command, argument }) => process.send({ result: COMMANDS[command](argument) }))
process.on('disconnect', () => process.exit())
