// The value of an option that counts something.
'use strict'

/** @param {string} text as it was typed @param {string} option its name, for the message */
function wholeNumber (text, option) {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} takes whole numbers from 1 on, not '${text}'`)
  return number
}

module.exports = { wholeNumber }
