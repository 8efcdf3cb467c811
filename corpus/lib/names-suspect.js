// Whether a detector named what leaks.
'use strict'

/**
 * The suspects of any event with the state `leak` count. Their note does not: it may be about anything.
 *
 * @param {{ state: string, suspects?: object | null }[]} events
 * @param {string | null} expectSuspect a regular expression that the names on the true path match; `null` where nothing leaks
 */
function namesSuspect (events, expectSuspect) {
  if (expectSuspect === null) return false
  const expected = new RegExp(expectSuspect)
  return events
    .filter(({ state, suspects }) => state === 'leak' && suspects)
    .flatMap(({ suspects: { allocationStacks, classes, routes, retainerPaths } }) => [allocationStacks, classes, routes, retainerPaths])
    .some((texts) => texts?.some((text) => expected.test(text)))
}

module.exports = { namesSuspect }
