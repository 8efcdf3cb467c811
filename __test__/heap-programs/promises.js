// Promises pending, resolved and rejected, with reactions of every kind, combinators, and async functions that wait half way.
'use strict'

class Job {
  constructor (at) { this.at = at }

  async run (gate) {
    const local = { of: this.at, list: [this.at] }
    try {
      local.got = await gate
      return local
    } finally {
      this.at = -1
    }
  }
}

class OwnPromise extends Promise {}

async function nested (depth, gate) {
  const local = [depth]
  if (depth > 0) local.push(await nested(depth - 1, gate))
  else await gate
  return local
}

module.exports = async function build () {
  const settlers = []
  const pending = () => new Promise((resolve, reject) => { settlers.push({ resolve, reject }) })
  const gate = pending()
  const jobs = Array.from({ length: 400 }, (_, at) => new Job(at))
  const running = jobs.map((job) => job.run(gate))
  const chained = Array.from({ length: 100 }, (_, at) => pending().then(() => at, (error) => error).catch(() => {}).finally(() => at))
  const resolved = Array.from({ length: 100 }, (_, at) => Promise.resolve({ at }))
  const rejected = Array.from({ length: 50 }, (_, at) => { const one = Promise.reject(new Error(`no ${at}`)); one.catch(() => {}); return one })
  const combined = [Promise.all([gate, pending(), 1]), Promise.race([gate, pending()]), Promise.any([gate, pending()]),
    Promise.allSettled([gate, Promise.reject(new Error('settled')), pending()])]
  const thenables = [Promise.resolve({ then () {} }), pending().then(() => pending())]
  const own = [new OwnPromise(() => {}), OwnPromise.resolve(1), new OwnPromise(() => {}).then(() => 2)]
  const resolvedWithPending = new Promise((resolve) => resolve(gate))
  const deep = Array.from({ length: 20 }, () => nested(30, gate))
  const cyclic = pending()
  const waiting = cyclic.then(() => waiting)
  const forAwait = (async () => {
    const seen = []
    for await (const one of [resolved[0], gate]) seen.push(one)
    return seen
  })()
  const combinedDone = await Promise.all(resolved)
  return {
    held: {
      settlers,
      gate,
      jobs,
      running,
      chained,
      resolved,
      rejected,
      combined,
      thenables,
      own,
      resolvedWithPending,
      deep,
      waiting,
      forAwait,
      combinedDone,
      withResolvers: Promise.withResolvers?.() ?? null
    },
    counts: { Job: 400, OwnPromise: 3 }
  }
}
