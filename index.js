// memwatch-rs: one monitor for the thread that requires it. The contract is index.d.ts.
'use strict'

const { Memwatch } = require('./lib/memwatch')

const memwatch = new Memwatch()
if (process.env.MEMWATCH_TRACE_GC === '1') memwatch.traceGc()

module.exports = memwatch
