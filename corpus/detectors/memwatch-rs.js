// What a program gets that listens to `leak` and configures nothing.
'use strict'

const memwatch = require('../..')

exports.start = (report) => {
  memwatch.on('leak', ({ state, id, kind, evidence, suspects }) => report({ state, id, kind, evidence, suspects }))
}
