// A crawler that parses pages and remembers the title of every tenth. A title is cut from its page, which it keeps.
'use strict'

const KEPT_EVERY = 10
const PARAGRAPHS = 22

function pageOf (i) {
  const paragraphs = []
  for (let k = 0; k < PARAGRAPHS; k++) {
    paragraphs.push(`<p>Paragraph ${k} of page ${i}. The quick brown fox jumps over the lazy dog, and nobody in this village has ever asked what for, or when it will stop, or who feeds it in the meantime.</p>`)
  }
  return `<html><head><title>All about the offer number ${i} of this shop</title></head><body>${paragraphs.join('')}</body></html>`
}

module.exports = (packageName) => {
  const { Parser } = require(packageName)
  const titles = new Map()

  function titleOf (page) {
    let isTitle = false
    let title = null
    const parser = new Parser({
      onopentagname: (name) => { isTitle = name === 'title' },
      ontext: (text) => { if (isTitle) title ??= text },
      onclosetag: () => { isTitle = false }
    })
    parser.end(page)
    return title
  }

  return {
    step (i) {
      const title = titleOf(pageOf(i))
      if (i % KEPT_EVERY === 0) titles.set(i, title)
      return titles.size
    }
  }
}
