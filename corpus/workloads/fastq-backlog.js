// A queue of mails. Until 40 % of the run two come for each that is sent; then one comes for two that are sent, until none is left to
// wait; from then on as many are sent as come.
'use strict'

const RISES_UNTIL = 0.4

module.exports = () => {
  const fastq = require('fastq')
  const sending = []
  const mails = fastq((mail, sent) => { sending.push({ mail, sent }) }, 4)
  let steps
  let count = 0

  function add () {
    const id = count++
    mails.push({ id, to: `user${id}@shop.example`, subject: `Order ${id}`, lines: [`Dear user ${id}`, 'thank you'] }, () => {})
  }

  function sendOldest () {
    const oldest = sending.shift()
    if (oldest) oldest.sent(null, oldest.mail.id)
  }

  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      const isRising = i < RISES_UNTIL * steps
      add()
      if (isRising) add()
      sendOldest()
      if (!isRising && mails.length() > 0) sendOldest()
      return mails.length()
    }
  }
}
