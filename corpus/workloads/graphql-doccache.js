// graphql-js with an LRU of 400 parsed and validated documents, for 900 queries.
'use strict'

const { randomFrom } = require('../lib/random')

const QUERIES = 900
const DOCUMENTS = 400
const SCHEMA = 'type P{id:Int name:String} type Query{p(id:Int):P q(a:Int,b:String):Int}'

const queryOf = (k) => `query Q${k}{ a${k}: p(id:${k}){id name} ${k % 2 ? `q(a:${k})` : ''} }`

module.exports = () => {
  const { buildSchema, parse, validate, execute } = require('graphql')
  const { LRUCache } = require('lru-cache')
  const random = randomFrom(3)
  const schema = buildSchema(SCHEMA)
  const documents = new LRUCache({ max: DOCUMENTS })
  const rootValue = () => ({ p: ({ id }) => ({ id, name: 'n' + id }), q: ({ a }) => a })
  return {
    step () {
      const query = queryOf(Math.floor(QUERIES * Math.pow(random(), 1.6)))
      let document = documents.get(query)
      if (!document) {
        document = parse(query)
        if (validate(schema, document).length > 0) throw new Error(`not a valid query: ${query}`)
        documents.set(query, document)
      }
      return execute({ schema, document, rootValue: rootValue() }).data
    }
  }
}
