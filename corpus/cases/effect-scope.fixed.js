// @vue/reactivity 3.2.1, without the leak of effect-scope.leaky.
'use strict'

module.exports = {
  id: 'effect-scope.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: '@vue/reactivity',
  version: '3.2.1',
  source: 'https://github.com/vuejs/core/pull/4184 (a stopped scope stays in its parent)',
  expectSuspect: null,
  ...require('../workloads/effect-scope')('reactivity-b')
}
