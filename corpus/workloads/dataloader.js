// A DataLoader for each request. How many are alive follows the load, which comes and goes three times in a run.
'use strict'

const FEWEST_ALIVE = 200
const MORE_AT_PEAK = 1800

module.exports = () => {
  const DataLoader = require('dataloader')
  const alive = []
  let steps
  return {
    setup (run) {
      steps = run.steps
    },
    async step (i) {
      const loader = new DataLoader(async (ids) => ids.map((id) => ({ id, rows: [id, id + 1, id + 2] })))
      await Promise.all([loader.load(i), loader.load(i + 1), loader.load(i), loader.load(i % 50)])
      alive.push(loader)
      const most = FEWEST_ALIVE + Math.floor(MORE_AT_PEAK * Math.abs(Math.sin(3 * Math.PI * i / steps)))
      while (alive.length > most) alive.shift()
    }
  }
}
