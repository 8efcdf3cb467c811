// rxjs 7.8.1, used as it should be.
'use strict'

module.exports = {
  id: 'replay-subject.correct',
  kind: 'benign',
  klass: 'benign',
  memory: 'external',
  package: 'rxjs',
  version: '7.8.1',
  source: 'correct use; see https://github.com/CopilotKit/CopilotKit/pull/2279, https://github.com/UnchartedBull/OctoDash/pull/2334 (a ReplaySubject without a size keeps everything)',
  expectSuspect: null,
  ...require('../workloads/replay-subject')('rxjs', { newest: 40 })
}
