// AsyncLocalStorage with many stores in flight, async hooks, async resources, diagnostics channels and event emitters with listeners.
'use strict'

const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncResource } = require('node:async_hooks')
const diagnostics = require('node:diagnostics_channel')
const { EventEmitter, once, on, setMaxListeners } = require('node:events')

class Store { constructor (at) { this.at = at; this.tags = new Map([['request', at]]) } }
class Query extends AsyncResource { constructor (at) { super('QUERY'); this.at = at } }
class Bus extends EventEmitter {}

module.exports = async function build () {
  const [storage, other] = [new AsyncLocalStorage(), new AsyncLocalStorage()]
  const gate = new Promise(() => {})
  const inFlight = Array.from({ length: 300 }, (_, at) => storage.run(new Store(at), () => other.run(`other ${at}`, async () => {
    await gate
    return storage.getStore()
  })))
  const timers = Array.from({ length: 50 }, (_, at) => storage.run(new Store(at), () => setTimeout(() => storage.getStore(), 2 ** 31 - 1)))
  const bound = storage.run(new Store(-1), () => AsyncResource.bind(() => storage.getStore()))
  const snapshot = AsyncLocalStorage.snapshot ? storage.run(new Store(-2), () => AsyncLocalStorage.snapshot()) : null
  const seen = new Map()
  const hook = createHook({ init (id, type, trigger, resource) { seen.set(id, { type, trigger, resource: new WeakRef(resource) }) } }).enable()
  const queries = Array.from({ length: 100 }, (_, at) => new Query(at))
  const results = queries.map((query) => query.runInAsyncScope(() => [executionAsyncResource(), Promise.resolve(query.at)]))
  hook.disable()
  const channel = diagnostics.channel('heap-program')
  channel.subscribe(function seenMessage () {})
  const bus = new Bus()
  bus.setMaxListeners(0)
  for (let at = 0; at < 1000; at++) bus.on(`event ${at % 50}`, function listener () { return at })
  const awaited = [once(bus, 'never'), on(bus, 'never')]
  const target = new EventTarget()
  setMaxListeners(0, target)
  const controllers = Array.from({ length: 50 }, () => new AbortController())
  for (const { signal } of controllers) {
    target.addEventListener('change', () => signal, { signal })
    signal.addEventListener('abort', () => {})
  }
  controllers[0].abort(new Error('stopped'))
  const combined = AbortSignal.any?.(controllers.slice(1, 5).map(({ signal }) => signal)) ?? null
  return {
    held: { storage, other, inFlight, timers, bound, snapshot, seen, hook, queries, results, channel, bus, awaited, target, controllers, combined },
    counts: { Store: 350 + 1 + (snapshot ? 1 : 0), Query: 100, Bus: 1 }
  }
}
