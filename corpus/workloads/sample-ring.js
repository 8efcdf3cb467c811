// The newest samples, in rings that were there from the beginning: each new one takes the place of the oldest.
'use strict'

const SAMPLES = 20000

module.exports = () => {
  const durations = new Float64Array(SAMPLES)
  const texts = new Array(SAMPLES).fill(null)
  return {
    setup () {
      for (let at = 0; at < SAMPLES; at++) texts[at] = `sample ${at} of nothing`
    },
    step (i) {
      durations[i % SAMPLES] = i * 0.37
      texts[i % SAMPLES] = `sample ${i} of user ${i % 977}`
      return durations[i % SAMPLES]
    }
  }
}
