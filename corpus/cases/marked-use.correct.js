// marked 12.0.2, used as it should be.
'use strict'

module.exports = {
  id: 'marked-use.correct',
  kind: 'benign',
  klass: 'benign',
  package: 'marked',
  version: '12.0.2',
  source: 'correct use; see https://github.com/markedjs/marked/issues/3493, https://github.com/codeskills-dev/md-to-react-email/pull/30 (marked.use for each document wraps the renderer once more)',
  expectSuspect: null,
  ...require('../workloads/marked-use')('marked', { shared: false })
}
