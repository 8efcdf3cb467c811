// graceful-fs 4.2.4, without the leak of graceful-fs.leaky.
'use strict'

module.exports = {
  id: 'graceful-fs.fixed',
  kind: 'benign',
  klass: 'pair-fixed',
  package: 'graceful-fs',
  version: '4.2.4',
  source: 'https://github.com/isaacs/node-graceful-fs/issues/102 (memory leak when required repeatedly); fixed by https://github.com/isaacs/node-graceful-fs/pull/137 (4.1.15); with the fs.ReadStream of the Node.js of today 4.1.15 still keeps a chain, and 4.2.4 does not',
  expectSuspect: null,
  ...require('../workloads/graceful-fs')('graceful-fs-b')
}
