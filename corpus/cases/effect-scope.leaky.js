// @vue/reactivity 3.2.0-beta.4, which leaks. 3.2.1 does not.
'use strict'

module.exports = {
  id: 'effect-scope.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: '@vue/reactivity',
  version: '3.2.0-beta.4',
  fixedIn: '3.2.1',
  source: 'https://github.com/vuejs/core/pull/4184 (a stopped scope stays in its parent)',
  expectSuspect: 'EffectScope|ReactiveEffect|effects|recordEffectScope',
  ...require('../workloads/effect-scope')('reactivity-a')
}
