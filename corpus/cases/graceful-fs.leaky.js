// graceful-fs 4.1.11, which leaks. 4.2.4 does not.
'use strict'

module.exports = {
  id: 'graceful-fs.leaky',
  kind: 'leak',
  klass: 'pair-leaky',
  package: 'graceful-fs',
  version: '4.1.11',
  fixedIn: '4.2.4',
  source: 'https://github.com/isaacs/node-graceful-fs/issues/102 (memory leak when required repeatedly); fixed by https://github.com/isaacs/node-graceful-fs/pull/137 (4.1.15); with the fs.ReadStream of the Node.js of today 4.1.15 still keeps a chain, and 4.2.4 does not',
  expectSuspect: 'fs\\$|graceful|close|patch|readFile|writeFile|readdir|appendFile|statFix|chownFix|chmodFix|ReadStream|WriteStream',
  ...require('../workloads/graceful-fs')('graceful-fs-a')
}
