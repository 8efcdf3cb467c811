// What the command line takes. The exit codes are part of the contract.
'use strict'

const USAGE = `usage: memwatch-rs COMMAND [options]

  analyze FILE            the heap in numbers, its largest classes, its leak suspects with paths
  diff FILE FILE [FILE…]  what changed from the first to the last; with more, also what grew in each
  path FILE @ID           the shortest path from a root to an object
  dominators FILE @ID     the objects without any one of which it would be freed
  top FILE                the objects that retain most
  strings FILE            strings that are there more than once
  postmortem FILE         the last trend in a flight recording (configure({ recorder: FILE }))
  replay FILE             what a leak detector says of a series recording (configure({ record: FILE }))
  verify BEFORE AFTER     whether a fix worked, from a series recording before and one after it

Other files are V8 heap snapshots (.heapsnapshot). An ID is the number behind the @ of an object.

  --json                     JSON instead of text; not for postmortem
  --html OUT                 analyze, diff: writes a page that opens from disk instead
  --count N                  how many classes, objects or strings (default 20), or paths (default 1)
  --show-strings             the contents of the heap's strings, which are hidden otherwise
  --fail-on-growth[=SIZE]    diff: exit code 3 when the heap grew by SIZE (like 10MB) or more; by anything if
                             there is no SIZE
  --detector NAME            replay: which detector; the default one unless given
  --help, --version

exit codes: 0 done, 1 failed, 2 wrong usage, 3 grown (--fail-on-growth), a leak (replay) or not fixed, at most better
(verify), 4 verify cannot tell
`

const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2
const GROWN = 3
const UNDECIDED = 4

module.exports = { USAGE, DONE, FAILED, WRONG_USAGE, GROWN, UNDECIDED }
