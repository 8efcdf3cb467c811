// Template literals: the objects that V8 keeps for each place of a tagged template, with raw strings, in many functions and in `eval`.
'use strict'

class Query { constructor (strings, values) { this.strings = strings; this.values = values } }

const sql = (strings, ...values) => new Query(strings, values)
const byTemplate = new WeakMap()
const cached = (strings) => {
  if (!byTemplate.has(strings)) byTemplate.set(strings, { compiled: strings.raw.join('?') })
  return byTemplate.get(strings)
}

module.exports = async function build () {
  const same = Array.from({ length: 200 }, (_, at) => sql`select ${at} from ${'table'} where a = ${{ at }}`)
  // eslint-disable-next-line no-new-func
  const places = Array.from({ length: 100 }, (_, at) => Function('sql', `return (value) => sql\`select \\n ${at} from \${value} where \\u0061\``)(sql))
  const fromPlaces = places.map((place, at) => place(at))
  const evaluated = Array.from({ length: 10 }, (_, at) => (0, eval)(`(sql) => sql\`evaluated ${at} \${1}\``)(sql)) // eslint-disable-line no-eval
  const caches = [cached`one`, cached`two`, cached`three ${1}`]
  const invalid = ((strings) => strings)`\unicode and ${1} \xerxes`
  const raw = String.raw`\n${1}\t`
  return { held: { same, places, fromPlaces, evaluated, caches, byTemplate, invalid, raw }, counts: { Query: 310 } }
}
