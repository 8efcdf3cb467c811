// Apps of partners are mounted in the router of the shop when they are installed. When one is removed it is marked as disabled and
// answers no more; its router stays in the stack.
'use strict'

const express = require('express')
const { randomFrom } = require('../lib/random')

const APPS_AT_A_TIME = 12
const SHARE_OF_INSTALLS = 0.11
const RESOURCES = ['orders', 'products', 'hooks', 'settings']

const random = randomFrom(223)
const partnerRouter = express.Router()
/** Those that are enabled. */
const installed = []
let served = 0

function install (i) {
  const app = { name: `app-${i}`, isEnabled: true }
  const appRouter = express.Router()
  for (const resource of RESOURCES) {
    appRouter.get(`/${resource}/:id`, (req, res, next) => {
      if (!app.isEnabled) return next()
      served++
      res.body = `${app.name} ${resource} ${req.params.id}`
    })
  }
  partnerRouter.use(`/apps/${app.name}`, appRouter)
  installed.push(app)
  if (installed.length > APPS_AT_A_TIME) installed.shift().isEnabled = false
}

function request (i) {
  const { name } = installed[Math.floor(random() * installed.length)]
  const url = `/apps/${name}/${RESOURCES[i % RESOURCES.length]}/${i}`
  partnerRouter.handle({ method: 'GET', url, originalUrl: url }, {}, () => {})
}

module.exports = {
  id: 'route-reloads',
  kind: 'leak',
  klass: 'misuse',
  package: 'express',
  version: '4.21.2',
  fixedIn: null,
  source: 'written for the held-out test: routers that are mounted at run time and never taken out of the stack of express',
  expectSuspect: 'partnerRouter|stack|Layer|Route|router|appRouter|handle|install',
  setup () {
    install('first')
  },
  step (i) {
    if (random() < SHARE_OF_INSTALLS) install(i)
    request(i)
    return served
  }
}
