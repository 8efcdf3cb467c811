// An audit trail as one text that gets longer with each request.
'use strict'

let audit = ''

module.exports = () => ({
  step (i) {
    audit += `request ${i} of user ${i % 977} was answered with status ${i % 7 === 0 ? 404 : 200} by host ${i % 13}\n`
    return audit.length
  }
})
