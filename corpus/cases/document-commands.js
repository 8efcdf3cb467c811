// An editor for many: each document has the commands that were done, so that they can be undone. There are sixteen sorts of them, and
// a bound that should have held for all holds for those that were undone only.
'use strict'

const { randomFrom } = require('../lib/random')

const DOCUMENTS = 160
const MOST_UNDONE = 20
const SHARE_OF_UNDO = 0.08

class InsertCommand { constructor (at, text) { this.at = at; this.text = text } }
class DeleteCommand { constructor (at, text) { this.from = at; this.removed = text } }
class StyleCommand { constructor (at, text) { this.range = [at, at + text.length]; this.style = at % 9 } }
class MoveCommand { constructor (at) { this.source = at; this.target = at / 2 } }
class CommentCommand { constructor (at, text) { this.anchor = at; this.comment = { text, isOpen: true } } }
class ImageCommand { constructor (at, text) { this.place = at; this.image = { name: text, width: at % 640, height: at % 480 } } }
class TableCommand { constructor (at) { this.at = at; this.cells = [at, at % 3, at % 5] } }
class LinkCommand { constructor (at, text) { this.at = at; this.href = text } }
class SplitCommand { constructor (at) { this.paragraph = at; this.offset = at % 80 } }
class MergeCommand { constructor (at) { this.first = at; this.second = at + 1 } }
class IndentCommand { constructor (at) { this.lines = [at, at + 3]; this.by = 1 } }
class HeadingCommand { constructor (at, text) { this.level = at % 6; this.title = text } }
class ListCommand { constructor (at) { this.items = [at, at + 1]; this.isOrdered = at % 2 === 0 } }
class QuoteCommand { constructor (at, text) { this.lines = [at]; this.author = text } }
class FieldCommand { constructor (at, text) { this.field = text; this.before = null; this.after = { at } } }
class MarkCommand { constructor (at) { this.mark = { at, color: at % 8 } } }

const COMMANDS = [InsertCommand, DeleteCommand, StyleCommand, MoveCommand, CommentCommand, ImageCommand, TableCommand, LinkCommand,
  SplitCommand, MergeCommand, IndentCommand, HeadingCommand, ListCommand, QuoteCommand, FieldCommand, MarkCommand]

const random = randomFrom(251)

class EditedDocument {
  constructor (number) {
    this.title = `document ${number}`
    this.doneCommands = []
    this.undoneCommands = []
  }

  run (command) {
    this.doneCommands.push(command)
    this.undoneCommands.length = 0
  }

  undo () {
    if (this.doneCommands.length === 0) return
    this.undoneCommands.push(this.doneCommands.pop())
    if (this.undoneCommands.length > MOST_UNDONE) this.undoneCommands.shift()
  }
}

const documents = Array.from({ length: DOCUMENTS }, (_, number) => new EditedDocument(number))

module.exports = {
  id: 'document-commands',
  kind: 'leak',
  klass: 'misuse',
  package: null,
  version: null,
  fixedIn: null,
  source: 'written for the held-out test: commands to undo, of sixteen classes, in arrays of 160 documents; each class grows a bit',
  expectSuspect: 'doneCommands|EditedDocument|documents|[A-Z][a-z]+Command',
  step (i) {
    const document = documents[Math.floor(random() * DOCUMENTS)]
    if (random() < SHARE_OF_UNDO) {
      document.undo()
      return 0
    }
    const Command = COMMANDS[Math.floor(random() * COMMANDS.length)]
    document.run(new Command(i, `text ${i}`))
    return document.doneCommands.length
  }
}
