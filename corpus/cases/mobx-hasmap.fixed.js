// mobx 5.13.0, without the leak of mobx-hasmap.leaky.
'use strict'

module.exports = {
  id: 'mobx-hasmap.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'mobx',
  version: '5.13.0',
  source: 'https://github.com/mobxjs/mobx/issues/2031 (_hasMap keeps every key that was ever used); fixed by https://github.com/mobxjs/mobx/pull/2032 (CHANGELOG 5.13.0)',
  expectSuspect: null,
  ...require('../workloads/mobx-hasmap')('mobx-b')
}
