// express-session in memorystore for 2.5 s each: live sessions grow to rate × lifetime, and stay there.
'use strict'

const sessionStore = require('./express-session-store')

module.exports = () => sessionStore('express-session', { store: 'memorystore', ttlMs: 2500 })
