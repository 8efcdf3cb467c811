// Two workers that have built heaps of their own and wait for a message, with ports, shared memory and a channel to them.
'use strict'

const { once } = require('node:events')
const { BroadcastChannel, MessageChannel, Worker } = require('node:worker_threads')

class Task { constructor (at) { this.at = at; this.payload = { list: [at, `task ${at}`] } } }

const SOURCE = `
  const { parentPort, workerData } = require('node:worker_threads')
  class InWorker { constructor (at) { this.at = at } }
  globalThis.held = Array.from({ length: 20000 }, (_, at) => new InWorker(at))
  parentPort.on('message', (message) => { globalThis.received = message })
  workerData.port.on('message', () => {})
  Atomics.add(new Int32Array(workerData.shared), 0, 1)
  parentPort.postMessage({ ready: globalThis.held.length, list: globalThis.held.slice(0, 100) })`

module.exports = async function build () {
  const shared = new SharedArrayBuffer(1024)
  const tasks = Array.from({ length: 1000 }, (_, at) => new Task(at))
  const workers = []
  for (let at = 0; at < 2; at++) {
    const { port1, port2 } = new MessageChannel()
    const worker = new Worker(SOURCE, { eval: true, workerData: { shared, port: port2 }, transferList: [port2] })
    const [answer] = await once(worker, 'message')
    workers.push({ worker, port: port1, answer })
  }
  const channel = new BroadcastChannel('tasks')
  channel.unref()
  const pool = { idle: workers.map(({ worker }) => worker), queue: tasks.slice(0, 10), counts: new Int32Array(shared) }
  return { held: { shared, tasks, workers, channel, pool }, counts: { Task: 1000 } }
}
