'use strict'

const neostandard = require('neostandard')

module.exports = [
  { ignores: ['binding.js', 'target/**', '.nodes/**', '.devtools/**'] },
  ...neostandard({ ts: false })
]
