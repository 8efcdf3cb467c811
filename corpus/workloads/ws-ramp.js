// A chat server of ws: up to 80 members join over 35 % of the run; then the same traffic, with members that leave and join.
'use strict'

const { randomFrom } = require('../lib/random')

const FEWEST_MEMBERS = 2
const MOST_MEMBERS = 80
const RAMP_UNTIL = 0.35
const STEPS_A_CHANGE = 40
const HISTORY_MESSAGES = 60

function echoWithHistory (socket) {
  const history = []
  socket.on('message', (message) => {
    history.push(JSON.parse(message.toString()))
    if (history.length > HISTORY_MESSAGES) history.shift()
    socket.send(message.toString())
  })
}

module.exports = () => {
  const { WebSocketServer, WebSocket } = require('ws')
  const members = []
  const random = randomFrom(5)
  let port
  let steps

  const join = () => new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://127.0.0.1:' + port)
    const member = { socket, received: 0, answered: null }
    socket.on('message', () => {
      member.received++
      const { answered } = member
      member.answered = null
      if (answered) answered()
    })
    socket.on('open', () => {
      members.push(member)
      resolve()
    })
    socket.on('error', reject)
  })

  return {
    setup (run) {
      steps = run.steps
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
      server.on('connection', echoWithHistory)
      return new Promise((resolve) => server.on('listening', () => {
        port = server.address().port
        resolve()
      }))
    },
    async step (i) {
      const more = Math.floor((MOST_MEMBERS - FEWEST_MEMBERS) * i / (RAMP_UNTIL * steps))
      if (members.length < Math.min(MOST_MEMBERS, FEWEST_MEMBERS + more)) {
        await join()
      } else if (i % STEPS_A_CHANGE === 0) {
        const [leaving] = members.splice(Math.floor(random() * members.length), 1)
        leaving.socket.terminate()
        await join()
      }
      const member = members[i % members.length]
      await new Promise((resolve) => {
        member.answered = resolve
        member.socket.send(JSON.stringify({ i, text: 'message ' + i, to: ['a', 'b'] }))
      })
    }
  }
}
