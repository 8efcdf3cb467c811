// Letters in Markdown, with links that name the reader. Either each letter tells the one marked of the process how to write links,
// or each has a marked of its own.
'use strict'

module.exports = (packageName, { shared }) => {
  const { Marked, marked } = require(packageName)
  const rendererOf = (reader) => ({
    link: (href, title, text) => `<a href="${href}?reader=${reader}">${text}</a>`,
    heading: (text, level) => `<h${level} id="${reader}">${text}</h${level}>`
  })
  return {
    step (i) {
      const extension = { renderer: rendererOf(`reader-${i}`) }
      const writer = shared ? marked.use(extension) : new Marked(extension)
      return writer.parse(`# Hello ${i}\n\nYour [order](/orders/${i}) is on its way.`).length
    }
  }
}
