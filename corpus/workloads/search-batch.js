// The search of a shop is built anew twice in a run: articles are read until all are there, put into the index of minisearch one by one,
// and dropped; the index takes the place of the one before, which serves until then. Between the builds nothing changes.
'use strict'

const BUILDS = 2
const READ_UNTIL = 0.2
const INDEXED_UNTIL = 0.5
const ARTICLES = 1500
const WORDS = ['red', 'green', 'blue', 'table', 'chair', 'lamp', 'oak', 'steel', 'glass', 'small', 'large', 'round']

const articleOf = (id) => ({
  id,
  title: `${WORDS[id % 12]} ${WORDS[(id * 7) % 11]} ${id}`,
  text: `${WORDS[(id * 5) % 12]} ${WORDS[(id * 3) % 7]} of series ${id % 193}, number ${id * 31}`
})

module.exports = () => {
  const MiniSearch = require('minisearch')
  const emptyIndex = () => new MiniSearch({ fields: ['title', 'text'] })
  let stepsABuild
  let serving = emptyIndex()
  let building = null
  let articles = []
  let isRead = false

  function read (share) {
    while (articles.length < Math.min(ARTICLES, share * ARTICLES)) articles.push(articleOf(articles.length))
    isRead = true
  }

  function index (share) {
    building ??= emptyIndex()
    while (building.documentCount < Math.min(articles.length, share * ARTICLES)) building.add(articles[building.documentCount])
  }

  function publish () {
    serving = building
    building = null
    articles = []
    isRead = false
  }

  return {
    setup (run) {
      stepsABuild = Math.floor(run.steps / BUILDS)
    },
    step (i) {
      const done = (i % stepsABuild) / stepsABuild
      if (done < READ_UNTIL) {
        read((done + 1 / stepsABuild) / READ_UNTIL)
      } else if (done < INDEXED_UNTIL) {
        if (isRead) index((done - READ_UNTIL + 1 / stepsABuild) / (INDEXED_UNTIL - READ_UNTIL))
      } else if (building !== null) {
        publish()
      }
      return i % 10 === 0 ? serving.search(WORDS[i % 12]).length : 0
    }
  }
}
