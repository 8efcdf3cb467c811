// sinon 17.0.1, used in a way that leaks.
'use strict'

module.exports = {
  id: 'sinon-stubs.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: 'sinon',
  version: '17.0.1',
  source: 'https://github.com/sinonjs/sinon/issues/1866 and /2356; https://sinonjs.org/releases/v17/general-setup/',
  expectSuspect: 'collection|Sandbox|addToCollection|functionStub|createStub|createProxy',
  ...require('../workloads/sinon-stubs')('sinon', { restores: false })
}
