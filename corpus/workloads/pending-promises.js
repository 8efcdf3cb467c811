// Questions to a peer that never answers: their promises do not settle, so the Set of what is open only grows.
'use strict'

module.exports = () => {
  const open = new Set()
  const ask = () => new Promise(() => {})

  return {
    step (i) {
      const question = { id: i, topic: `topic ${i}` }
      const answered = ask(question).then((answer) => ({ question, answer }))
      open.add(answered)
      answered.finally(() => open.delete(answered))
      return open.size
    }
  }
}
