// Profiles that are in use are found again by a Map of WeakRefs. Profiles go when nobody uses them; their keys and the empty WeakRefs
// do not, because nobody takes them out.
'use strict'

const { randomFrom } = require('../lib/random')

const IN_USE = 60

const random = randomFrom(271)
const profileRefs = new Map()
const inUse = new Array(IN_USE).fill(null)

class Profile {
  constructor (key) {
    this.key = key
    this.rights = ['read', 'write']
  }
}

function profileOf (key) {
  let profile = profileRefs.get(key)?.deref()
  if (profile === undefined) {
    profile = new Profile(key)
    profileRefs.set(key, new WeakRef(profile))
  }
  return profile
}

module.exports = {
  id: 'weakref-shells',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a Map of WeakRefs from which nothing is taken when the profile is gone; slow',
  expectSuspect: 'profileRefs|WeakRef|Map|profileOf',
  step (i) {
    const isNew = random() < 0.7
    const held = inUse[Math.floor(random() * IN_USE)]
    const key = isNew || held === null ? `user/${i}/${Math.floor(random() * 2 ** 32).toString(36)}` : held.key
    inUse[i % IN_USE] = profileOf(key)
    return profileRefs.size
  }
}
