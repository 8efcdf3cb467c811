'use strict'

const neostandard = require('neostandard')

module.exports = [
  { ignores: ['binding.js', 'target/**', '.nodes/**'] },
  ...neostandard({ ts: false }),
  { files: ['lib/report/page.js'], languageOptions: { globals: { document: 'readonly', window: 'readonly' } } },
  { files: ['__test__/report-page.test.js'], languageOptions: { globals: { document: 'readonly', innerWidth: 'readonly', getComputedStyle: 'readonly' } } }
]
