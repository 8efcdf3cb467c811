// rxjs 7.3.1, without the leak of rxjs-observeon.leaky.
'use strict'

module.exports = {
  id: 'rxjs-observeon.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'rxjs',
  version: '7.3.1',
  source: 'https://github.com/ReactiveX/rxjs/issues/6624, https://github.com/redux-observable/redux-observable/issues/754; fixed by https://github.com/ReactiveX/rxjs/pull/6559 and /6562 (7.3.1)',
  expectSuspect: null,
  ...require('../workloads/rxjs-observeon')('rxjs-b')
}
