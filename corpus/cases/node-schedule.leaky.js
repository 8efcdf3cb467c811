// node-schedule 1.3.3, which leaks. 2.0.0 does not.
'use strict'

module.exports = {
  id: 'node-schedule.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'node-schedule',
  version: '1.3.3',
  fixedIn: '2.0.0',
  source: 'https://github.com/node-schedule/node-schedule/pull/581 (one-off jobs stay in scheduledJobs; 2.0.0)',
  expectSuspect: 'scheduledJobs|Job|scheduleJob',
  ...require('../workloads/node-schedule')('node-schedule-a')
}
