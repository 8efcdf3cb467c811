// highlight.js that loads and compiles the grammar of a language when it is first asked for. There are 24 of them, the last is loaded at
// 45 % of the run.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const GRAMMARS = 24
const LOADED_AT = 0.45
const CODE = 'function total (order) {\n  // all lines\n  return "EUR " + order.lines.length * 1.25\n}\n'

module.exports = () => {
  const core = require('highlight.js/lib/core')
  const folder = path.join(path.dirname(require.resolve('highlight.js/lib/core')), 'languages')
  const languages = fs.readdirSync(folder).filter((file) => /^[a-z-]+\.js$/.test(file)).map((file) => path.basename(file, '.js')).slice(0, GRAMMARS)
  let steps
  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      const open = Math.min(languages.length, 1 + Math.floor(languages.length * i / (LOADED_AT * steps)))
      // The newest language at once, the others in turn.
      const language = languages[core.getLanguage(languages[open - 1]) ? i % open : open - 1]
      if (!core.getLanguage(language)) core.registerLanguage(language, require(`highlight.js/lib/languages/${language}`))
      return core.highlight(CODE, { language }).value.length
    }
  }
}
