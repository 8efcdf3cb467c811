// The payload of `leak`: what the addon gives, with dates.
'use strict'

function toLeak (payload) {
  return { ...payload, start: new Date(payload.start), end: new Date(payload.end) }
}

module.exports = { toLeak }
