// rxjs 7.3.0, which leaks. 7.3.1 does not.
'use strict'

module.exports = {
  id: 'rxjs-observeon.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'rxjs',
  version: '7.3.0',
  fixedIn: '7.3.1',
  source: 'https://github.com/ReactiveX/rxjs/issues/6624, https://github.com/redux-observable/redux-observable/issues/754; fixed by https://github.com/ReactiveX/rxjs/pull/6559 and /6562 (7.3.1)',
  expectSuspect: '_teardowns|Action|OperatorSubscriber|observeOn',
  ...require('../workloads/rxjs-observeon')('rxjs-a')
}
