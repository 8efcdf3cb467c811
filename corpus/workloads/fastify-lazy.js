// fastify with 24 routes that have schemas. They are reached for the first time one by one over half of the run (compiled late,
// optimized late), and the load stays the same then.
'use strict'

const ROUTES = 24
const OPEN_AT = 0.5
const ROWS = 300

const rowSchema = { type: 'object', properties: { a: { type: 'integer' } } }

const schemaOf = (route) => ({
  body: {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer' }, ['f' + route]: { type: 'string' } }
  },
  response: {
    200: {
      type: 'object',
      properties: { ok: { type: 'boolean' }, id: { type: 'integer' }, rows: { type: 'array', items: rowSchema } }
    }
  }
})

function addRoute (app, route) {
  let rows = null
  app.post('/r' + route, { schema: schemaOf(route) }, async (request) => {
    if (!rows) rows = Array.from({ length: ROWS }, (_, a) => ({ a, label: 'route ' + route + ' row ' + a }))
    return { ok: true, id: request.body.id, rows: rows.slice(0, 5) }
  })
}

module.exports = () => {
  const Fastify = require('fastify')
  let app
  let steps
  return {
    async setup (run) {
      steps = run.steps
      app = Fastify()
      for (let route = 0; route < ROUTES; route++) addRoute(app, route)
      await app.ready()
    },
    async step (i) {
      const open = Math.min(ROUTES, 1 + Math.floor(ROUTES * i / (OPEN_AT * steps)))
      const response = await app.inject({ method: 'POST', url: '/r' + (i % open), payload: { id: i } })
      return response.statusCode
    }
  }
}
