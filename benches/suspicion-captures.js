// The captures of a suspicion, made when a benchmark asks for them.
'use strict'

/** To be called before anything else loads the package of this folder. */
function suspicionCaptures () {
  const binding = require('../binding.js')
  const { Monitor } = binding
  let native
  binding.Monitor = class extends Monitor {
    constructor (...args) {
      super(...args)
      native = this
    }
  }
  require('..')
  const { captureAs } = require('../lib/capture')
  const { plan, watch } = require('../lib/options').captureOptions({ as: 'comparison' })
  const series = binding.HeapSeries.ofSuspicion()
  return {
    take: () => captureAs(native, plan, watch, series),
    grown: () => series.growth().paths
  }
}

module.exports = { suspicionCaptures }
