// An LRU in a Map. Every key is new, so it fills in a straight line, is full at 45 % of the run, and from then on one goes for each
// that comes.
'use strict'

const FULL_AT = 0.45

module.exports = () => {
  const pages = new Map()
  let mostPages
  return {
    setup (run) {
      mostPages = Math.floor(FULL_AT * run.steps)
    },
    step (i) {
      const url = `/products/${i}`
      pages.set(url, { url, title: `Product ${i}`, tags: ['new', 'sale'] })
      if (pages.size > mostPages) pages.delete(pages.keys().next().value)
      return pages.size
    }
  }
}
