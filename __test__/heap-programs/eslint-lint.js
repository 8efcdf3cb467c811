// ESLint, loaded, and sources that it has parsed and linted; their syntax trees and scopes are kept.
'use strict'

const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Linter } = require('eslint')
const { builtinRules } = require('eslint/use-at-your-own-risk')

class Linted {
  constructor (name, source, messages) {
    Object.assign(this, { name, source, messages })
  }
}

module.exports = async function build () {
  const linter = new Linter({ configType: 'flat' })
  const rules = {}
  for (const [name, rule] of builtinRules) if (!rule.meta.deprecated) rules[name] = 'warn'
  const config = {
    languageOptions: { ecmaVersion: 2022, sourceType: 'commonjs' },
    rules: { ...rules, semi: 'warn', 'no-unused-vars': 'warn', 'no-undef': 'warn', indent: 'warn', quotes: 'warn', complexity: ['warn', 2] }
  }
  const names = ['koa-pending.js', 'typescript-compile.js', 'eslint-lint.js', '../child.js', '../capture.test.js']
  const linted = names.map((name) => {
    const messages = linter.verify(readFileSync(join(__dirname, name), 'utf8'), config, { filename: name.replace('../', '') })
    return new Linted(name, linter.getSourceCode(), messages)
  })
  return { held: { linter, linted }, counts: { Linted: names.length } }
}
