// Suggestions by search, in the cache of lodash's memoize, which has no bound. New phrases get rarer the more there were, as words do
// in a text that goes on (Heaps' law): the leak slows down and never ends.
'use strict'

const memoize = require('lodash/memoize')
const { randomFrom } = require('../lib/random')

/** Of the process of Pitman and Yor: the number of phrases grows as the number of searches to the power of the discount. */
const DISCOUNT = 0.7
const STRENGTH = 500
const LOCALES = ['de', 'en', 'fr', 'it', 'pl']

const random = randomFrom(131)
let phrases = 0

function search (i) {
  const shareOfNew = (STRENGTH + DISCOUNT * phrases) / (STRENGTH + i)
  return random() < shareOfNew ? phrases++ : Math.floor(random() * phrases)
}

const computeSuggestions = ({ text, page }) => ({
  tookMs: random(),
  suggestions: [`${text} size ${page}`, `${text} sale`, `${text} new`]
})

const suggest = memoize(computeSuggestions, (query) => JSON.stringify(query))

module.exports = {
  id: 'lodash-memoize',
  kind: 'leak',
  klass: 'misuse',
  package: 'lodash',
  version: '4.17.21',
  fixedIn: null,
  source: 'written for the held-out test, see https://lodash.com/docs/4.17.15#memoize: the cache of memoize has no bound, and the key is the text of any search; it slows down and never ends',
  expectSuspect: 'memoize|suggest|suggestions|computeSuggestions|MapCache|Hash|__data__|cache',
  step (i) {
    const phrase = search(i)
    return suggest({ text: `shoes of kind ${phrase}`, locale: LOCALES[phrase % LOCALES.length], page: phrase % 3 }).suggestions.length
  }
}
