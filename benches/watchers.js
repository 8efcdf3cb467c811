// What may watch the collector in a benchmark, by name, and how to switch it on.
'use strict'

const { Writable } = require('node:stream')
const path = require('node:path')

const peer = (name) => require(path.join(__dirname, 'peers', 'node_modules', name))
/** Another build of this package can be measured in its place. */
const PACKAGE = process.env.MEMWATCH_BENCH_PACKAGE ?? path.join(__dirname, '..')
const own = () => require(PACKAGE)

let delivered = 0
const count = () => { delivered++ }

/** Each switches itself on; `peer` names the package it needs. */
const WATCHERS = {
  nothing: { label: 'nothing', start () {} },
  control: { label: 'nothing, again (control)', start () {} },
  // A loaded package is more heap to mark, in a full collection, whether or not it watches anything.
  loaded: { label: 'memwatch-rs, loaded and not started', start () { own() } },
  stats: {
    label: 'memwatch-rs, `stats` listener',
    start () { own().on('stats', count) }
  },
  every: {
    label: 'memwatch-rs, every collection delivered (`traceGc` to a null stream)',
    start () {
      const nowhere = new Writable({ write: (chunk, encoding, done) => done() })
      own().traceGc({ write (line) { count(); return nowhere.write(line) } })
    }
  },
  airbnb: {
    label: '@airbnb/node-memwatch 3.0.0, `stats` listener',
    peer: '@airbnb/node-memwatch',
    start () { peer('@airbnb/node-memwatch').on('stats', count) }
  },
  gcStats: {
    label: 'gc-stats 1.4.1, `stats` listener',
    peer: 'gc-stats',
    start () { peer('gc-stats')().on('stats', count) }
  },
  perfHooks: {
    label: 'perf_hooks observer of `gc`',
    start () {
      const { PerformanceObserver } = require('node:perf_hooks')
      // The observer lives as long as it is connected.
      new PerformanceObserver((list) => { delivered += list.getEntries().length })
        .observe({ entryTypes: ['gc'] })
    }
  },
  xprofiler: {
    label: 'xprofiler 3.1.0, defaults',
    peer: 'xprofiler',
    start () {
      const os = require('node:os')
      peer('xprofiler').start({ log_dir: os.tmpdir(), log_interval: 60, enable_log_uv_handles: false })
    }
  }
}

/** Events that the watcher has delivered to JavaScript so far. */
const deliveredSoFar = () => delivered

module.exports = { PACKAGE, WATCHERS, deliveredSoFar, own }
