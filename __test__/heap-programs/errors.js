// Errors with stacks that were read and ones that were not, with causes, aggregated, of own classes, and captured call sites.
'use strict'

class NotFound extends Error {
  constructor (what, options) {
    super(`there is no ${what}`, options)
    this.what = what
  }

  get name () { return 'NotFound' }
}

function deep (depth, make) { return depth > 0 ? deep(depth - 1, make) : make() }

module.exports = async function build () {
  const unread = Array.from({ length: 300 }, (_, at) => deep(at % 15, () => new NotFound(at)))
  const read = Array.from({ length: 100 }, (_, at) => { const error = deep(at % 15, () => new NotFound(`read ${at}`)); return { error, stack: error.stack } })
  const written = new Error('written')
  written.stack = 'no stack at all'
  let chain = new NotFound('the first')
  for (let at = 0; at < 50; at++) chain = new NotFound(at, { cause: chain })
  const builtIn = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((Type) => new Type('built in'))
  const aggregated = new AggregateError([new NotFound('a'), new Error('b'), 'c'], 'several')
  const thrown = []
  for (const wrong of [() => null.property, () => undefined.call(), () => JSON.parse('{"a":'), () => new Array(-1), () => decodeURIComponent('%')]) {
    try { wrong() } catch (error) { thrown.push(error) }
  }
  const onPlain = {}
  Error.captureStackTrace(onPlain)
  const prepare = Error.prepareStackTrace
  Error.prepareStackTrace = (error, sites) => ({ error, sites })
  const structured = deep(5, () => new Error('structured'))
  const { sites } = structured.stack
  Error.prepareStackTrace = prepare
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 100
  const long = deep(90, () => new Error('long'))
  Error.stackTraceLimit = 0
  const none = new Error('none')
  Error.stackTraceLimit = limit
  const fromAsync = await (async () => { await null; return new NotFound('after a turn') })()
  const withCode = await require('node:fs/promises').readFile('/no/such/file').catch((error) => error)
  return {
    held: {
      unread,
      read,
      written,
      chain,
      builtIn,
      aggregated,
      thrown,
      onPlain,
      structured,
      sites,
      long,
      none,
      fromAsync,
      withCode,
      dom: new DOMException('a page would throw it', 'AbortError')
    },
    counts: { NotFound: 300 + 100 + 51 + 1 + 1 }
  }
}
