// At 30 % of the run a big table is loaded and kept. One step, and flat before and after it.
'use strict'

const LOAD_AT = 0.3
const CITIES = 20000

module.exports = () => {
  let cities = null
  let loadAtStep
  return {
    setup (run) {
      loadAtStep = Math.floor(LOAD_AT * run.steps)
    },
    step (i) {
      if (i === loadAtStep) {
        cities = Array.from({ length: CITIES }, (_, id) => ({ id, name: `city ${id}`, latitude: id / 250.5, longitude: id / 125.5 }))
      }
      return cities === null ? null : cities[i % CITIES].name
    }
  }
}
