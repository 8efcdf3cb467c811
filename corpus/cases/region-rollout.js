// Tenants move in, region by region: those of the first from 4 to 17 % of the run, those of the second from 33 to 47 %. Between and after
// that there are as many as before, and each request changes the settings of one.
'use strict'

const TENANTS_A_REGION = 2000
const ROLLOUTS = [{ from: 0.04, to: 0.17 }, { from: 0.33, to: 0.47 }]
const LIMITS = 24

const tenants = []
let steps

const settingsOf = (number, revision) => ({ theme: number % 9, revision, banner: `banner ${revision} of ${number}` })

function moveIn () {
  const number = tenants.length
  tenants.push({
    number,
    name: `tenant ${number}`,
    domains: [`www.shop${number}.example`, `api.shop${number}.example`, `mail.shop${number}.example`],
    limits: Array.from({ length: LIMITS }, (_, hour) => (number * hour) % 1009),
    settings: settingsOf(number, 0)
  })
}

function wantedTenants (progress) {
  const shares = ROLLOUTS.map(({ from, to }) => Math.min(1, Math.max(0, (progress - from) / (to - from))))
  return Math.floor(TENANTS_A_REGION * shares.reduce((sum, share) => sum + share, 0))
}

module.exports = {
  id: 'region-rollout',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: tenants that move in in two waves, until 17 % and from 33 to 47 % of the run; level between and after',
  expectSuspect: null,
  setup (run) {
    steps = run.steps
  },
  step (i) {
    const wanted = wantedTenants(i / steps)
    while (tenants.length < wanted) moveIn()
    if (tenants.length === 0) return 0
    const tenant = tenants[(i * 7919) % tenants.length]
    tenant.settings = settingsOf(tenant.number, i)
    return tenant.limits[i % LIMITS]
  }
}
