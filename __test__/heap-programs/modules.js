// Modules: ECMAScript ones with cycles, top-level await and namespaces, dynamic imports that wait, JSON, CommonJS with caches.
'use strict'

const { createRequire } = require('node:module')
const vm = require('node:vm')

const source = (text) => `data:text/javascript,${encodeURIComponent(text)}`

class Loaded { constructor (namespace) { this.namespace = namespace } }

module.exports = async function build () {
  const loaded = []
  for (let at = 0; at < 20; at++) {
    const inner = source(`export class InModule { constructor (at) { this.at = at } }; export let live = ${at}; export const change = (value) => { live = value }`)
    const outer = source(`
      import * as inner from ${JSON.stringify(inner)}
      export { InModule, live as renamed } from ${JSON.stringify(inner)}
      export const made = Array.from({ length: 50 }, (_, at) => new inner.InModule(at))
      export default await Promise.resolve({ at: ${at} })
      export const meta = import.meta
      inner.change({ changed: true })`)
    loaded.push(new Loaded(await import(outer)))
  }
  const failed = await import(source('throw new Error("at load")')).catch((error) => error)
  const notParsed = await import(source('export default ]')).catch((error) => error)
  const waiting = import(source('await new Promise(() => {}); export const never = 1'))
  const builtIn = [await import('node:fs'), await import('node:path')]
  const json = createRequire(__filename)('../../package.json')
  const again = vm.runInThisContext('(require) => { const module = { exports: {} }; module.exports.self = module; return module }')(require)
  return {
    held: { loaded, failed, notParsed, waiting, builtIn, json, again, cache: require.cache },
    counts: { Loaded: 20, InModule: 1000 }
  }
}
