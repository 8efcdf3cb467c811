// Ordinary work with koa that looks like a leak, and is none.
'use strict'

module.exports = {
  id: 'koa-ramp',
  kind: 'benign',
  klass: 'benign',
  package: 'koa',
  version: '2.15.4',
  source: 'koa + @koa/router; keep-alive clients ramp from 2 to 120 connections over 40% of the run, then stay.',
  expectSuspect: null,
  ...require('../workloads/koa-ramp')()
}
