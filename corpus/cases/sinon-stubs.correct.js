// sinon 17.0.1, used as it should be.
'use strict'

module.exports = {
  id: 'sinon-stubs.correct',
  kind: 'benign',
  klass: 'benign',
  package: 'sinon',
  version: '17.0.1',
  source: 'correct use; see https://github.com/sinonjs/sinon/issues/1866 and /2356; https://sinonjs.org/releases/v17/general-setup/',
  expectSuspect: null,
  ...require('../workloads/sinon-stubs')('sinon', { restores: true })
}
