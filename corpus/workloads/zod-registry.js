// Schemas of parameters, built for each request with describe(), used once and dropped.
'use strict'

module.exports = (packageName) => {
  const zod = require(packageName)
  const z = zod.z || zod
  return {
    step (i) {
      const tool = z.object({
        id: z.number().describe('record id ' + (i % 50)),
        q: z.string().describe('query')
      }).describe('search tool')
      return tool.parse({ id: i, q: 'abc' }).id
    }
  }
}
