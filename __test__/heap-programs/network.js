// Servers, sockets and datagrams: HTTP requests that wait for answers, half-read bodies, open connections, timers that are far away.
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const http = require('node:http')
const http2 = require('node:http2')
const net = require('node:net')

const FAR = 2 ** 31 - 1

class Accepted {
  constructor (socket) {
    this.socket = socket
    this.received = []
    socket.on('data', (chunk) => this.received.push(chunk))
  }
}

module.exports = async function build () {
  const accepted = []
  const server = net.createServer((socket) => accepted.push(new Accepted(socket))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clients = []
  for (let at = 0; at < 20; at++) {
    const client = net.connect(server.address().port, '127.0.0.1')
    await once(client, 'connect')
    client.write(`hello ${at}`)
    clients.push(client)
  }
  while (accepted.reduce((sum, { received }) => sum + received.length, 0) < 20) await new Promise(setImmediate)

  const pending = []
  const web = http.createServer((request, response) => {
    if (request.url !== '/begun') return pending.push({ request, response })
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('begun, and not ended')
  }).listen(0, '127.0.0.1')
  await once(web, 'listening')
  const ask = (path, options) => http.request({ ...options, port: web.address().port, host: '127.0.0.1', path })
  const waiting = Array.from({ length: 10 }, (_, at) => ask(`/waiting?${at}`))
  for (const one of waiting) one.end()
  const posting = ask('/post', { method: 'POST' })
  posting.write('the first part')
  const begun = ask('/begun')
  begun.end()
  const [halfRead] = await once(begun, 'response')
  while (pending.length < 11) await new Promise(setImmediate)

  const streams = []
  const multiplexed = http2.createServer().on('stream', (stream) => streams.push(stream)).listen(0, '127.0.0.1')
  await once(multiplexed, 'listening')
  const session = http2.connect(`http://127.0.0.1:${multiplexed.address().port}`)
  const asked = Array.from({ length: 5 }, (_, at) => session.request({ ':path': `/${at}` }))
  while (streams.length < 5) await new Promise(setImmediate)

  const datagrams = dgram.createSocket('udp4')
  datagrams.bind(0, '127.0.0.1')
  await once(datagrams, 'listening')
  const timers = Array.from({ length: 100 }, (_, at) => setTimeout((held) => held, FAR - at, { at }))
  const interval = setInterval(() => {}, FAR)
  const cleared = Array.from({ length: 20 }, () => { const timer = setTimeout(() => {}, FAR); clearTimeout(timer); return timer })
  return {
    held: { server, accepted, clients, web, pending, waiting, posting, begun, halfRead, multiplexed, session, asked, streams, datagrams, timers, interval, cleared },
    counts: { Accepted: 20 }
  }
}
