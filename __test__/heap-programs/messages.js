// Structured clones, message ports with messages that nobody has read, URLs, blobs, headers, requests, events and marks of the clock.
'use strict'

const { performance, PerformanceObserver } = require('node:perf_hooks')

class Sent { constructor (at) { this.at = at; this.url = new URL(`https://example.org/path/${at}?a=${at}#part`) } }
class Changed extends Event { constructor (what) { super('change'); this.what = what } }

module.exports = async function build () {
  const sent = Array.from({ length: 300 }, (_, at) => new Sent(at))
  const original = { map: new Map([[{ key: 1 }, new Set([1, 'two', 3n])]]), when: new Date(0), pattern: /a/g, error: new RangeError('cloned'), bytes: new Uint8Array(100), self: null }
  original.self = original
  const clones = Array.from({ length: 50 }, () => structuredClone(original))
  const channels = Array.from({ length: 20 }, (_, at) => {
    const channel = new MessageChannel()
    for (let message = 0; message < 5; message++) channel.port1.postMessage({ at, message, list: [1, 2, 3] })
    const closed = new MessageChannel()
    closed.port1.close()
    return { channel, closed }
  })
  const params = sent.map(({ url }) => url.searchParams)
  const blobs = Array.from({ length: 20 }, (_, at) => new Blob([`part ${at}`, new Uint8Array(at)], { type: 'text/plain' }))
  const events = Array.from({ length: 50 }, (_, at) => new Changed({ at }))
  const target = new EventTarget()
  target.addEventListener('change', () => {})
  for (const event of events) target.dispatchEvent(event)
  const web = []
  if (globalThis.fetch) {
    for (let at = 0; at < 30; at++) {
      const headers = new Headers({ 'x-at': String(at), accept: 'text/plain' })
      web.push(headers, new Request(`https://example.org/${at}`, { headers }), new Response(`body ${at}`, { headers }), new FormData())
    }
  }
  const coders = [new TextEncoder(), new TextDecoder('utf-16le'), new TextDecoder()]
  for (const coder of coders.slice(1)) coder.decode(new Uint8Array([97, 0, 98]), { stream: true })
  const observer = new PerformanceObserver(() => {})
  observer.observe({ entryTypes: ['function'] })
  const marks = Array.from({ length: 20 }, (_, at) => performance.mark(`mark ${at}`, { detail: { at } }))
  const timed = performance.timerify(function timed () {})
  const histogram = require('node:perf_hooks').createHistogram()
  histogram.record(5)
  return {
    held: { sent, original, clones, channels, params, blobs, events, target, web, coders, observer, marks, timed, histogram },
    counts: { Sent: 300, Changed: 50 }
  }
}
