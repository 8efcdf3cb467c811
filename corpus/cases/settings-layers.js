// Settings that change inherit from those that were before, so that what was not changed is found there. Each change makes the chain
// of prototypes one longer, and nothing ever flattens it.
'use strict'

const { randomFrom } = require('../lib/random')

const SHARE_OF_CHANGES = 0.16
const SECTIONS = ['mail', 'search', 'payment', 'shipping', 'layout']

const random = randomFrom(227)

class SettingsLayer {
  constructor (revision) {
    this.revision = revision
  }
}

let liveSettings = new SettingsLayer(0)

function overridesOf (i) {
  const section = SECTIONS[i % SECTIONS.length]
  return {
    revision: i,
    [section]: {
      changedBy: `operator ${i % 17}`,
      limits: [i % 10, i % 100, i % 1000, random() * 10],
      hosts: [`${section}-${i}.example`, `${section}-${i + 1}.example`],
      note: `change ${i} of ${section}, see ticket ${Math.floor(random() * 1e6)}`
    },
    isAudited: i % 2 === 0
  }
}

function applyOverrides (i) {
  liveSettings = Object.assign(Object.create(liveSettings), overridesOf(i))
}

module.exports = {
  id: 'settings-layers',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: settings that inherit from their predecessor, a chain of prototypes without an end',
  expectSuspect: 'liveSettings|SettingsLayer|__proto__|prototype|applyOverrides|mail|search|payment|shipping|layout',
  step (i) {
    if (random() < SHARE_OF_CHANGES) applyOverrides(i)
    return liveSettings.revision
  }
}
