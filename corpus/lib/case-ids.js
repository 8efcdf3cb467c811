// The cases there are, by the names of their files.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const CASES = path.join(__dirname, '..', 'cases')

/** All that match, in order. @param {string} [pattern] a regular expression; all cases without it */
function caseIds (pattern = '') {
  const wanted = new RegExp(pattern)
  return fs.readdirSync(CASES).map((file) => path.basename(file, '.js')).filter((id) => wanted.test(id)).sort()
}

module.exports = { caseIds }
