// Whether heaps are to be small, and repetitions few: where the version of Node.js that runs the tests first has had all of them.
'use strict'

module.exports = process.env.MEMWATCH_TEST_SMALL_HEAPS === '1'
