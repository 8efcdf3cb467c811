'use strict'

const neostandard = require('neostandard')

module.exports = [
  { ignores: ['binding.js', 'target/**', '.nodes/**'] },
  ...neostandard({ ts: false })
]
