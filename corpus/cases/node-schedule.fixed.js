// node-schedule 2.0.0, without the leak of node-schedule.leaky.
'use strict'

module.exports = {
  id: 'node-schedule.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'node-schedule',
  version: '2.0.0',
  source: 'https://github.com/node-schedule/node-schedule/pull/581 (one-off jobs stay in scheduledJobs; 2.0.0)',
  expectSuspect: null,
  ...require('../workloads/node-schedule')('node-schedule-b')
}
