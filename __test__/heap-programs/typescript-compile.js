// TypeScript, loaded, and a program of several files that it has bound, checked and printed.
'use strict'

const path = require('node:path')
const ts = require('typescript')

const FILES = {
  'shapes.ts': `
    export interface Shape { readonly name: string, area (): number }
    export abstract class Named implements Shape { constructor (readonly name: string) {} abstract area (): number }
    export class Circle extends Named { constructor (private r: number) { super('circle') } area () { return Math.PI * this.r ** 2 } }
    export class Square extends Named { constructor (private a: number) { super('square') } area () { return this.a * this.a } }`,
  'sum.ts': `
    import { Circle, Square, type Shape } from './shapes'
    type Areas<T extends Shape[]> = { [K in keyof T]: number }
    export function sum<T extends Shape[]> (...shapes: T): Areas<T> { return shapes.map((shape) => shape.area()) as Areas<T> }
    export const sums = sum(new Circle(1), new Square(2))
    const wrong: string = sums[0]`
}

class CheckedFile {
  constructor (name, diagnostics, output) {
    Object.assign(this, { name, diagnostics, output })
  }
}

module.exports = async function build () {
  const options = { lib: ['lib.es5.d.ts'], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, strict: true, noEmitOnError: false }
  const host = ts.createCompilerHost(options)
  const readFile = host.readFile
  host.fileExists = (name) => path.basename(name) in FILES || ts.sys.fileExists(name)
  host.readFile = (name) => FILES[path.basename(name)] ?? readFile(name)
  const getSourceFile = host.getSourceFile
  host.getSourceFile = (name, ...rest) => {
    const text = FILES[path.basename(name)]
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, options.target, true)
  }
  const outputs = new Map()
  host.writeFile = (name, text) => outputs.set(path.basename(name, '.js'), text)
  const program = ts.createProgram(Object.keys(FILES), options, host)
  program.emit()
  const checked = Object.keys(FILES).map((name) => {
    const file = program.getSourceFile(name)
    return new CheckedFile(name, program.getSemanticDiagnostics(file), outputs.get(path.basename(name, '.ts')))
  })
  return { held: { program, checked, checker: program.getTypeChecker() }, counts: { CheckedFile: 2 } }
}
