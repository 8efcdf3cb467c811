// Plugins that are loaded when they are first asked for, four of them, each with its table of words. Nothing grows in between.
'use strict'

const LOADED_AT = [0.08, 0.2, 0.33, 0.46]
const WORDS = 5000

const pluginOf = (number) => ({
  number,
  words: new Map(Array.from({ length: WORDS }, (_, k) => [`word ${k} of ${number}`, { weight: k * 0.5, tags: [k % 7, k % 11] }]))
})

module.exports = () => {
  const plugins = []
  let steps
  return {
    setup (run) {
      steps = run.steps
    },
    step (i) {
      if (plugins.length < LOADED_AT.length && i >= LOADED_AT[plugins.length] * steps) plugins.push(pluginOf(plugins.length))
      return plugins.length === 0 ? 0 : plugins[i % plugins.length].words.get(`word ${i % WORDS} of ${i % plugins.length}`)?.weight
    }
  }
}
