// What work is rejected with that was begun here and not in the addon, when its signal is aborted.
'use strict'

/** @param {AbortSignal} signal */
function cancelled (signal) {
  return Object.assign(new Error('the operation was cancelled', { cause: signal.reason }),
    { code: 'ERR_MEMWATCH_CANCELLED' })
}

module.exports = { cancelled }
