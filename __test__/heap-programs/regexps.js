// Regular expressions: not yet run, run until they are machine code, with named groups, flags, and results of `exec` and `matchAll`.
'use strict'

class Route { constructor (path) { this.pattern = new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`); this.match = this.pattern.exec(path) } }
class Pattern extends RegExp { constructor (source, flags, name) { super(source, flags); this.name = name } }

module.exports = async function build () {
  const text = 'one=1; two=2; three=3; '.repeat(2000)
  const unused = Array.from({ length: 100 }, (_, at) => new RegExp(`unused${at}`))
  const used = Array.from({ length: 100 }, (_, at) => { const one = new RegExp(`(\\w+)=(${at}|\\d)`, 'g'); one.exec(text); return one })
  const atom = /three=3/
  const hot = /(?<name>\w+)=(?<value>\d)/g
  let total = 0
  for (const { groups } of text.matchAll(hot)) total += Number(groups.value)
  const twoByte = /(ключ|キー)=(\d+)/u
  twoByte.exec('ключ=42')
  const results = Array.from(text.slice(0, 300).matchAll(hot))
  const withIndices = /(?<first>a+)(?<second>b)?/d.exec('xxaaay')
  const sticky = /o/y
  sticky.lastIndex = 5
  sticky.test(text)
  const flags = ['', 'g', 'i', 'm', 's', 'u', 'y', 'gimsuy', 'd'].map((flag) => { const one = new RegExp('^(?:a|b)+?$', flag); one.test('abab'); return one })
  if (Number(process.versions.node.split('.')[0]) >= 20) flags.push(new RegExp(['[\\p{L}--[a-z]]'].join(), 'v'))
  const halfWay = text.matchAll(/two/g)
  halfWay.next()
  const patterns = Array.from({ length: 30 }, (_, at) => new Pattern(`p${at}`, 'gi', `pattern ${at}`))
  for (const pattern of patterns) 'p1 p2 p3'.replace(pattern, (all) => all.toUpperCase())
  const routes = Array.from({ length: 50 }, (_, at) => new Route(`/part${at}/:id`))
  // The result caches of `split` and `replace` hold strings too.
  const splits = [text.split(/;\s*/), text.split('; '), 'a-b-c'.split(/(-)/)]
  const replaced = text.replace(/(\w+)=(\d)/g, '$2=$1')
  return {
    held: { text, unused, used, atom: atom.test(text) && atom, hot, total, twoByte, results, withIndices, sticky, flags, halfWay, patterns, routes, splits, replaced },
    counts: { Route: 50 }
  }
}
