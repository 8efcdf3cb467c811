// socket.io: up to 60 players join rooms over 40 % of the run; then the same traffic, with players that leave and join.
'use strict'

const http = require('node:http')
const { randomFrom } = require('../lib/random')

const FEWEST_PLAYERS = 2
const MOST_PLAYERS = 60
const RAMP_UNTIL = 0.4
const STEPS_A_CHANGE = 50
const ROOMS = 8
const MOVES_KEPT = 15

function serveGame (io) {
  io.on('connection', (socket) => {
    const moves = []
    socket.join(`room ${socket.handshake.auth.room}`)
    socket.on('move', (move, answer) => {
      moves.push(move)
      if (moves.length > MOVES_KEPT) moves.shift()
      answer({ at: move.i, moves: moves.length })
    })
  })
}

module.exports = () => {
  const { Server } = require('socket.io')
  const { io: connect } = require('socket.io-client')
  const players = []
  const random = randomFrom(19)
  let url
  let steps
  let joined = 0

  const join = () => new Promise((resolve, reject) => {
    const player = connect(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { room: joined++ % ROOMS } })
    player.on('connect', () => {
      players.push(player)
      resolve()
    })
    player.on('connect_error', reject)
  })

  return {
    setup (run) {
      steps = run.steps
      const server = http.createServer()
      serveGame(new Server(server, { serveClient: false }))
      return new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
        url = `http://127.0.0.1:${server.address().port}`
        resolve()
      }))
    },
    async step (i) {
      const more = Math.floor((MOST_PLAYERS - FEWEST_PLAYERS) * i / (RAMP_UNTIL * steps))
      if (players.length < Math.min(MOST_PLAYERS, FEWEST_PLAYERS + more)) {
        await join()
      } else if (i % STEPS_A_CHANGE === 0) {
        const [leaving] = players.splice(Math.floor(random() * players.length), 1)
        leaving.disconnect()
        await join()
      }
      const answer = await players[i % players.length].emitWithAck('move', { i, from: [i % 8, i % 7], to: [i % 6, i % 5], text: `move ${i}` })
      return answer.moves
    }
  }
}
