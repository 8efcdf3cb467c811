// What watching costs a Koa application under load: CPU time a request, throughput, latency.
//
// One server is watched and not watched in turn, so that nothing but the watching differs. Each round
// loads it three times, in another order each time: watched, not watched, and not watched again, which
// shows what the method can tell apart.
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const autocannon = require('autocannon')

const { answer } = require('./collections')
const { confidence, median, shuffled } = require('./confidence')
const { interval } = require('./table')

const ROUTES = {
  hello: { path: '/hello', requests: 4000 },
  allocating: { path: '/allocate', requests: 2000 }
}
const CONNECTIONS = 16
const STATES = ['watched', 'without', 'control']

/**
 * @param {{ servers: number, rounds: number }} effort
 * @returns {Promise<object[]>} one table
 */
async function koa ({ servers, rounds }) {
  const rows = []
  for (const [name, route] of Object.entries(ROUTES)) {
    const measured = []
    for (let server = 0; server < servers; server++) measured.push(await measureServer(route, rounds))
    rows.push(...routeRows(name, measured))
  }
  return [{
    title: 'Koa under load',
    note: `${servers} servers × ${rounds} rounds, ${CONNECTIONS} connections; ` +
      'a ratio is a pair of one round, its 95 % interval in brackets',
    head: ['route', 'compared', 'CPU a request, µs', 'ratio of CPU', 'ratio of throughput', 'ratio of p99 latency', 'collections a 1000 requests'],
    rows
  }]
}

/** The rounds of one server, each an observation by state. */
async function measureServer (route, rounds) {
  const child = fork(path.join(__dirname, 'koa-server.js'))
  const port = await answer(child)
  const url = `http://127.0.0.1:${port}${route.path}`
  for (let at = 0; at < 3; at++) await load(url, route.requests)
  const observed = []
  for (let round = 0; round < rounds; round++) {
    const observations = {}
    for (const state of shuffled(STATES)) observations[state] = await observe(child, url, route.requests, state)
    observed.push(observations)
  }
  child.disconnect()
  await once(child, 'exit')
  return observed
}

async function observe (child, url, requests, state) {
  await ask(child, 'watch', state === 'watched')
  const collectionsBefore = total(await ask(child, 'collections'))
  const before = await ask(child, 'cpu')
  const { seconds, p99Ms } = await load(url, requests)
  const cpuUs = await ask(child, 'cpu') - before
  const collections = total(await ask(child, 'collections')) - collectionsBefore
  await ask(child, 'watch', false)
  return { cpuUs: cpuUs / requests, perSecond: requests / seconds, p99Ms, collections: collections / requests * 1000 }
}

const total = (pauses) => pauses.reduce((sum, { count }) => sum + count, 0)

async function ask (child, command, argument) {
  child.send({ command, argument })
  return (await answer(child)).result
}

/** A fixed number of requests; latencies one by one, because autocannon's summary has whole milliseconds. */
async function load (url, requests) {
  const latenciesMs = []
  const begun = process.hrtime.bigint()
  // autocannon notices only now and then that it has done.
  let ended = begun
  const run = autocannon({ url, connections: CONNECTIONS, amount: requests, sampleInt: 100 })
  run.on('response', (client, statusCode, bytes, latencyMs) => {
    latenciesMs.push(latencyMs)
    ended = process.hrtime.bigint()
  })
  const { errors, non2xx } = await run
  if (errors + non2xx > 0) throw new Error(`${errors + non2xx} requests of ${url} failed`)
  const seconds = Number(ended - begun) / 1e9
  latenciesMs.sort((one, other) => one - other)
  return { seconds, p99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)] }
}

function routeRows (name, measured) {
  const all = measured.flat()
  const ratio = (state, field) =>
    interval(confidence(measured.map((rounds) => rounds.map((one) => one[state][field] / one.without[field]))), 4)
  const row = (state, compared) => [
    name,
    compared,
    median(all.map((one) => one[state].cpuUs)).toFixed(1),
    ratio(state, 'cpuUs'),
    ratio(state, 'perSecond'),
    ratio(state, 'p99Ms'),
    state === 'watched' ? median(all.map((one) => one.watched.collections)).toFixed(1) : ''
  ]
  return [
    row('watched', 'watched to not watched'),
    row('control', 'not watched to not watched (control)')
  ]
}

module.exports = { ask, koa, load }
