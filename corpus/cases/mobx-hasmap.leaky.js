// mobx 5.11.0, which leaks. 5.13.0 does not.
'use strict'

module.exports = {
  id: 'mobx-hasmap.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'mobx',
  version: '5.11.0',
  fixedIn: '5.13.0',
  source: 'https://github.com/mobxjs/mobx/issues/2031 (_hasMap keeps every key that was ever used); fixed by https://github.com/mobxjs/mobx/pull/2032 (CHANGELOG 5.13.0)',
  expectSuspect: '_hasMap|ObservableMap|ObservableValue',
  ...require('../workloads/mobx-hasmap')('mobx-a')
}
