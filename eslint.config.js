'use strict'

const neostandard = require('neostandard')

/** Of browsers, and of `lib/report/elements.js`. */
const pageGlobals = Object.fromEntries(['document', 'window', '$', 'bar', 'bytes', 'command', 'counted', 'drawNumbers', 'element', 'named',
  'quoted', 'readData', 'signedBytes'].map((name) => [name, 'readonly']))

module.exports = [
  { ignores: ['binding.js', 'target/**', '.nodes/**', '.devtools/**'] },
  ...neostandard({ ts: false }),
  { files: ['lib/report/elements.js'], languageOptions: { sourceType: 'script', globals: { document: 'readonly' } } },
  { files: ['lib/report/{heap,diff}.js'], languageOptions: { sourceType: 'script', globals: pageGlobals } },
  { files: ['__test__/report-page.test.js'], languageOptions: { globals: { document: 'readonly', innerWidth: 'readonly', getComputedStyle: 'readonly' } } }
]
