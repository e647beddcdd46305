import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { own } from './readme.ts'

// The declaration files are what a reader's editor shows: each public name in them explains itself.

const { exports: subpaths } = JSON.parse(readFileSync(own('package.json'), 'utf8')) as { exports: Record<string, unknown> }
const entries = Object.entries(subpaths).flatMap(([subpath, target]) => {
  const types = (target as { import?: { types: string } }).import?.types
  return types === undefined ? [] : [{ subpath, file: own(types) }]
})

const program = ts.createProgram(entries.map(({ file }) => file), {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  skipLibCheck: true,
  types: ['node'],
})
const checker = program.getTypeChecker()
const dist = own('dist/')

const commentOf = (symbol: ts.Symbol): string => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim()

interface PublicName {
  name: string
  symbol: ts.Symbol
}

function namesOf(file: string): PublicName[] {
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${file} is not there: npm run build`)
  return checker.getExportsOfModule(module).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }))
}

/** The members that this package declares of an interface, a class, or an object type; inherited ones, too. */
function membersOf({ name, symbol }: PublicName): PublicName[] {
  const declaration = symbol.declarations?.[0]
  const isObject = declaration && (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration) || (ts.isTypeAliasDeclaration(declaration) && ts.isTypeLiteralNode(declaration.type)))
  if (!isObject) return []
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .filter((member) => member.declarations?.some((one) => one.getSourceFile().fileName.startsWith(dist)))
    .map((member) => ({ name: `${name}.${member.name}`, symbol: member }))
}

/** What is used of another package's object: that package explains it. */
const isPeer = ({ name }: PublicName): boolean => /[a-z]Like$/.test(name)

/** As sent by Smile ID: its keys are Smile ID's words, and the section of the contract explains them. */
const isPayload = ({ symbol }: PublicName): boolean => {
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  return type.isClassOrInterface() && checker.getBaseTypes(type).some(({ symbol: base }) => base.name === 'LoosePayload' || isPayload({ name: base.name, symbol: base }))
}

const all = entries.flatMap(({ subpath, file }) => namesOf(file).map((one) => ({ subpath, ...one })))
const payloads = all.filter(isPayload)
const members = all.filter((one) => !payloads.includes(one) && !isPeer(one)).flatMap(membersOf)
const isOptional = ({ symbol }: PublicName): boolean => (symbol.flags & ts.SymbolFlags.Optional) !== 0
const optionsOf = (names: PublicName[]) => names.filter(({ name }) => /(Options|Setup|Overrides|ToSign)\./.test(name))

describe('the public surface explains itself', () => {
  test('every subpath was read', () => {
    expect(entries.map(({ subpath }) => subpath)).toEqual(Object.keys(subpaths).filter((one) => !/schemas|package\.json/.test(one)))
    expect(payloads.length).toBeGreaterThan(20)
  })

  test('every name has a doc comment', () => {
    expect(all.filter(({ symbol }) => commentOf(symbol) === '').map(({ subpath, name }) => `${subpath} ${name}`)).toEqual([])
  })

  test('so does every member of an interface or class', () => {
    expect(members.filter(({ symbol }) => commentOf(symbol) === '').map(({ name }) => name)).toEqual([])
  })

  test('every payload names the section of the contract it rests on', () => {
    expect(payloads.filter(({ symbol }) => !/contract\/v[13]\.md \u00a7\d/.test(commentOf(symbol))).map(({ name }) => name)).toEqual([])
  })

  test('every option that may be left out names its default', () => {
    const options = optionsOf(members).filter(isOptional)
    expect(options.length).toBeGreaterThan(50)
    expect(options.filter(({ symbol }) => !/[Dd]efault: /.test(commentOf(symbol))).map(({ name }) => name)).toEqual([])
  })

  test('every option that is a number names its unit', () => {
    const numbers = optionsOf(members).filter(({ symbol }) => /(^|\| )number( |$)/.test(checker.typeToString(checker.getTypeOfSymbol(symbol))))
    expect(numbers.length).toBeGreaterThan(10)
    expect(numbers.filter(({ symbol }) => !/\b(ms|s|bytes|events|jobs|tries|ISO)\b/i.test(commentOf(symbol))).map(({ name }) => name)).toEqual([])
  })

  test('whatever throws says so', () => {
    const throwing = all.filter(({ symbol }) => symbol.getJsDocTags(checker).some(({ name }) => name === 'throws')).map(({ name }) => name)
    expect(throwing).toEqual(expect.arrayContaining(['smileIdCallbacks', 'confirmWithSmileId', 'memoryStore', 'redisStore', 'postgresStore', 'postgresStoreTable', 'bullmqWorker', 'mergeJob', 'sample', 'jobStory', 'deliver']))
  })
})
