// lru-cache of 12,000 records that skewed keys warm up; it is full part of the way through the run.
'use strict'

const { randomFrom } = require('../lib/random')

const USERS = 40000
const RECORDS = 12000

module.exports = () => {
  const { LRUCache } = require('lru-cache')
  const records = new LRUCache({ max: RECORDS })
  const random = randomFrom(7)
  return {
    step () {
      const key = 'user:' + Math.floor(USERS * Math.pow(random(), 2))
      let record = records.get(key)
      if (!record) {
        record = { k: key, name: 'name of ' + key, tags: ['x', 'y'], score: [random(), random()] }
        records.set(key, record)
      }
      return record.name.length
    }
  }
}
