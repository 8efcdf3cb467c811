// The captures of a suspicion, made when a benchmark asks for them, and counted when the package makes them by itself.
'use strict'

const path = require('node:path')

/** To be called before anything else loads the package of this folder. */
function suspicionCaptures (folder = path.join(__dirname, '..')) {
  const binding = require(path.join(folder, 'binding.js'))
  const { Monitor } = binding
  let native
  let answered = 0
  binding.Monitor = class extends Monitor {
    constructor (...args) {
      super(...args)
      native = this
    }

    takePaths (...args) {
      answered++
      super.takePaths(...args)
    }
  }
  require(folder)
  const { captureAs } = require(path.join(folder, 'lib', 'capture'))
  const { plan, watch } = require(path.join(folder, 'lib', 'options')).captureOptions({ as: 'comparison' })
  const series = binding.HeapSeries.ofSuspicion()
  return {
    take: () => captureAs(native, plan, watch, series),
    grown: () => series.growth().paths,
    /** How many the package has made for suspicions of its own. */
    answered: () => answered
  }
}

module.exports = { suspicionCaptures }
