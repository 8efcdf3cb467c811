// Rooms of a chat as subjects of rxjs, each with a member that counts words. How many are open follows the time of the day: it goes up
// fast, stays, and goes down slowly, three times in a run.
'use strict'

const DAYS = 3
const FEWEST_ROOMS = 100
const MORE_AT_NOON = 1500
const OPENS_UNTIL = 0.25
const CLOSES_FROM = 0.5

/** From 0 at midnight to 1 at noon. */
function loadAt (day) {
  if (day < OPENS_UNTIL) return day / OPENS_UNTIL
  return day < CLOSES_FROM ? 1 : (1 - day) / (1 - CLOSES_FROM)
}

module.exports = () => {
  const { Subject, filter, map, scan } = require('rxjs')
  const rooms = []
  let stepsADay

  function openRoom (id) {
    const messages = new Subject()
    const room = { id, messages, words: 0 }
    room.member = messages.pipe(
      filter((text) => text !== ''),
      map((text) => text.split(' ').length),
      scan((sum, words) => sum + words, 0)
    ).subscribe((words) => { room.words = words })
    rooms.push(room)
  }

  function closeOldest () {
    const room = rooms.shift()
    room.member.unsubscribe()
    room.messages.complete()
  }

  return {
    setup (run) {
      stepsADay = Math.floor(run.steps / DAYS)
    },
    step (i) {
      const wanted = FEWEST_ROOMS + Math.floor(MORE_AT_NOON * loadAt((i % stepsADay) / stepsADay))
      openRoom(i)
      while (rooms.length > wanted) closeOldest()
      const room = rooms[i % rooms.length]
      room.messages.next(`message ${i} to all of you`)
      return room.words
    }
  }
}
