// A cache of compiled handlebars templates. There are 300: the popular ones are compiled at once, the rare ones much later.
'use strict'

const { randomFrom } = require('../lib/random')

const TEMPLATES = 300

const sourceOf = (k) => `<h1>T${k} {{title}}</h1>{{#each rows}}<li>{{this.a}} ${'x'.repeat(k % 40)} {{#if this.b}}{{this.b}}{{else}}-{{/if}}</li>{{/each}}`

module.exports = () => {
  const handlebars = require('handlebars')
  const compiled = new Map()
  const random = randomFrom(11)
  return {
    step (i) {
      const k = Math.floor(TEMPLATES * Math.pow(random(), 3))
      let template = compiled.get(k)
      if (!template) {
        template = handlebars.compile(sourceOf(k))
        compiled.set(k, template)
      }
      return template({ title: 't' + i, rows: [{ a: 1, b: 2 }, { a: 3 }] }).length
    }
  }
}
