// Forms that mustache renders. The id of each is in the text of the template already, or is a value of the view.
'use strict'

const template = (id) => `<form id="${id}"><h1>{{title}}</h1>{{#fields}}<input name="{{name}}" value="{{value}}">{{/fields}}</form>`

module.exports = (packageName, { once }) => {
  const mustache = require(packageName)
  const shared = template('{{id}}')
  const fields = [{ name: 'city', value: 'Bern' }, { name: 'zip', value: '3011' }]
  return {
    step (i) {
      const id = `form-${i}`
      return mustache.render(once ? shared : template(id), { id, title: `Order ${i}`, fields }).length
    }
  }
}
