// The last known state of devices. All devices are known from the beginning; what each of them measures comes to light one by one, as
// they report. Frequent measurements are there soon, and at 45 % of the run hardly any is new. No object is added to a list then.
'use strict'

const { randomFrom } = require('../lib/random')

const DEVICES = 1000
const MEASUREMENTS = ['temperature', 'humidity', 'pressure', 'battery', 'signal', 'voltage', 'current', 'power', 'speed', 'heading',
  'altitude', 'noise', 'light', 'dust', 'ozone', 'uptime', 'resets', 'errors', 'queue', 'latency', 'firmware', 'boot', 'tilt', 'shock']
const REPORTS = DEVICES * MEASUREMENTS.length
/** A measurement is reported so many times in a run, on average. */
const REPORTS_A_MEASUREMENT = 9

const random = randomFrom(311)
const devices = Array.from({ length: DEVICES }, (_, number) => ({ serial: `device ${number}`, reported: {}, desired: { intervalS: 60 } }))
let reportsAStep
let owed = 0

function report (i) {
  const device = devices[Math.floor(random() * DEVICES)]
  const measurement = MEASUREMENTS[Math.floor(random() * MEASUREMENTS.length)]
  const state = device.reported[measurement]
  if (state === undefined) {
    device.reported[measurement] = { value: random() * 100, at: i, reports: 1, extremes: [0, 100], unit: 'si' }
  } else {
    state.value = random() * 100
    state.at = i
    state.reports++
  }
}

module.exports = {
  id: 'device-twins',
  kind: 'benign',
  klass: 'benign',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: a fixed number of devices whose objects get more properties, 98 % of them until 45 % of the run',
  expectSuspect: null,
  setup (run) {
    reportsAStep = REPORTS * REPORTS_A_MEASUREMENT / run.steps
  },
  step (i) {
    for (owed += reportsAStep; owed >= 1; owed--) report(i)
    return devices.length
  }
}
