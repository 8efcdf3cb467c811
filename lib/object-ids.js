// V8 numbers its objects from the first snapshot on, and must then follow each that it moves. The numbers
// are kept as long as anything compares by them.
'use strict'

const OPEN_DIFFS = Symbol.for('memwatch-rs.openDiffs')
// What needs the ids, be it of another copy of the package or of its addon in this thread.
const USERS = process[OPEN_DIFFS] ??= new Set()

/** Who needs the ids of the objects of a thread. */
class ObjectIds {
  #native
  // What is dropped leaves its native half.
  #dropped = new FinalizationRegistry((half) => this.#release(half))

  /** @param native the addon's monitor of the thread */
  constructor (native) {
    this.#native = native
  }

  get areInUse () {
    return USERS.size > 0
  }

  /** Keeps the ids until `owner` is collected or releases `half`, which holds what must be given back. */
  keepFor (owner, half) {
    USERS.add(half)
    this.#dropped.register(owner, half, owner)
  }

  releaseBy (owner, half) {
    if (this.#dropped.unregister(owner)) this.#release(half)
  }

  #release (half) {
    half.close()
    USERS.delete(half)
    if (USERS.size === 0) this.#native.forgetObjectIds()
  }
}

module.exports = { ObjectIds }
