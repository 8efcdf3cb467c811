// Each request listens to the settings of the whole application, with the warning about many listeners switched off, and never stops.
'use strict'

const { EventEmitter } = require('node:events')

module.exports = () => {
  const settings = new EventEmitter()
  settings.setMaxListeners(0)
  return {
    step (i) {
      const request = { id: i, url: `/orders/${i}`, language: 'en' }
      settings.on('language', (language) => { request.language = language })
      return request.url.length
    }
  }
}
