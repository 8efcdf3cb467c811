// ajv 8 keeps what it compiled by the schema object itself: a new literal for each request is a leak, one that is compiled once is not.
'use strict'

const schema = () => ({
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, name: { type: 'string', maxLength: 50 } }
})

module.exports = (packageName, { once }) => {
  const Ajv = require(packageName)
  const ajv = new Ajv()
  let validate
  return {
    step (i) {
      if (!once || !validate) validate = ajv.compile(schema())
      return validate({ id: i, name: 'n' })
    }
  }
}
