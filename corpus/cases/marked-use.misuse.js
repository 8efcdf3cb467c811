// marked 12.0.2, used in a way that leaks.
'use strict'

module.exports = {
  id: 'marked-use.misuse',
  kind: 'leak',
  klass: 'misuse',
  package: 'marked',
  version: '12.0.2',
  source: 'https://github.com/markedjs/marked/issues/3493, https://github.com/codeskills-dev/md-to-react-email/pull/30 (marked.use for each document wraps the renderer once more)',
  expectSuspect: 'renderer|Renderer|prevRenderer|rendererFunc|Marked|marked',
  ...require('../workloads/marked-use')('marked', { shared: true })
}
