// Bodies of uploads are piped to one archive that stays open. An upload that breaks off is destroyed, and not unpiped before.
'use strict'

const { Readable, Writable } = require('node:stream')

module.exports = () => {
  let archived = 0
  const archive = new Writable({
    write (chunk, encoding, written) {
      archived += chunk.length
      written()
    }
  })
  archive.setMaxListeners(0)

  return {
    step (i) {
      return new Promise((resolve) => {
        const upload = new Readable({ read () {} })
        upload.pipe(archive, { end: false })
        upload.push(`beginning of upload ${i}`)
        upload.once('close', () => resolve(archived))
        setImmediate(() => upload.destroy())
      })
    }
  }
}
