// A simulator that answers with stubs of sinon: one for each call. They belong to the default sandbox, which is never restored, or to
// one of their own, which is.
'use strict'

module.exports = (packageName, { restores }) => {
  const sinon = require(packageName)
  return {
    step (i) {
      const sandbox = restores ? sinon.createSandbox() : sinon
      const pay = sandbox.stub().returns({ status: 'paid', order: i })
      const answer = pay({ order: i, amount: i * 1.25 })
      if (restores) sandbox.restore()
      return answer.status
    }
  }
}
