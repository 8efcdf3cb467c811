// Failures are kept with their stacks, so that somebody can look at them; nobody ever empties the list.
'use strict'

const failures = []

function answer (i) {
  if (i % 2 === 0) throw new Error(`order ${i} has no address`)
  return i
}

module.exports = () => ({
  step (i) {
    try {
      return answer(i)
    } catch (error) {
      failures.push(error)
      return error.stack.length
    }
  }
})
