// rxjs 7.8.1, used in a way that leaks.
'use strict'

module.exports = {
  id: 'replay-subject.misuse',
  kind: 'leak',
  klass: 'misuse',
  memory: 'external',
  package: 'rxjs',
  version: '7.8.1',
  source: 'https://github.com/CopilotKit/CopilotKit/pull/2279, https://github.com/UnchartedBull/OctoDash/pull/2334 (a ReplaySubject without a size keeps everything)',
  expectSuspect: 'ReplaySubject|_buffer',
  ...require('../workloads/replay-subject')('rxjs', { newest: Infinity })
}
