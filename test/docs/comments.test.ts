import { existsSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { compilerHost } from '../support/compiler.ts'
import { common, compile } from './compile.ts'
import { own, placeOf } from './readme.ts'

// The declaration files are what a reader's editor shows: each public name in them explains itself.

const { exports: subpaths } = JSON.parse(readFileSync(own('package.json'), 'utf8')) as {
  exports: Record<string, unknown>
}
const entries = Object.entries(subpaths).flatMap(([subpath, target]) => {
  const types = (target as { import?: { types: string } }).import?.types
  return types === undefined ? [] : [{ subpath, file: own(types) }]
})

const program = ts.createProgram(
  entries.map(({ file }) => file),
  common,
  compilerHost(common),
)
const checker = program.getTypeChecker()
const dist = own('dist/')

const commentOf = (symbol: ts.Symbol): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim().replace(/\s+/g, ' ')

interface PublicName {
  name: string
  symbol: ts.Symbol
}

function namesOf(file: string): PublicName[] {
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${file} is not there: npm run build`)
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({
      name: symbol.name,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    }))
}

/** The members that this package declares of an interface, a class, or an object type; inherited ones, too. */
function membersOf({ name, symbol }: PublicName): PublicName[] {
  const declaration = symbol.declarations?.[0]
  const isObject =
    declaration
    && (ts.isInterfaceDeclaration(declaration)
      || ts.isClassDeclaration(declaration)
      || (ts.isTypeAliasDeclaration(declaration) && ts.isTypeLiteralNode(declaration.type)))
  if (!isObject) return []
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .filter((member) => member.declarations?.some((one) => one.getSourceFile().fileName.startsWith(dist)))
    .map((member) => ({ name: `${name}.${member.name}`, symbol: member }))
}

/** What is used of another package's object: that package explains it. */
const isPeer = ({ name }: PublicName): boolean => /[a-z]Like$/.test(name)

const membersIn = (symbol: ts.Symbol) => checker.getDeclaredTypeOfSymbol(symbol).getProperties()

/** As sent by Smile ID: its keys are Smile ID's words, and the section of the contract explains them. */
const isPayload = ({ name, symbol }: PublicName): boolean =>
  /^V[13]|^(IdInfo|Monitoring|SmileSecure)Payload$/.test(name)
  && membersIn(symbol).length > 0
  && membersIn(symbol).every(({ flags }) => (flags & ts.SymbolFlags.Optional) !== 0)

const all = entries.flatMap(({ subpath, file }) => namesOf(file).map((one) => ({ subpath, ...one })))
const payloads = all.filter(isPayload)
const members = all.filter((one) => !payloads.includes(one) && !isPeer(one)).flatMap(membersOf)
const isOptional = ({ symbol }: PublicName): boolean => (symbol.flags & ts.SymbolFlags.Optional) !== 0
const optionsOf = (names: PublicName[]) => names.filter(({ name }) => /(Options|Setup|Overrides|ToSign)\./.test(name))

const isFunction = ({ symbol }: PublicName): boolean => (symbol.flags & ts.SymbolFlags.Function) !== 0

/** What a receiver is used by: its methods and doors. */
const isUsed = ({ name }: PublicName): boolean =>
  /^SmileIdCallbacks\.(on|onAny|onJob|onPartnerParam|onUnrecognized|waitForJob|urlFor|dispatch|forget|health|close|router|node|fetch|receive)$/.test(
    name,
  )
const shown = [
  ...new Map([...all.filter(isFunction), ...members.filter(isUsed)].map((one) => [one.symbol, one])).values(),
]

/** The examples of a doc comment, as blocks to compile: a fence around them is left out. */
const examplesOf = ({ name, symbol }: PublicName) =>
  symbol
    .getJsDocTags(checker)
    .filter((tag) => tag.name === 'example')
    .map(({ text }, at) => ({
      file: `${name} @example`,
      line: at + 1,
      language: 'ts',
      section: '',
      code: ts
        .displayPartsToString(text)
        .replace(/^```.*$/gm, '')
        .trim(),
    }))

describe('every public function shows how it is called', () => {
  const examples = shown.flatMap(examplesOf)
  const said = compile(examples, 'ts')

  test('by an example', () => {
    expect(shown.filter(isUsed)).toHaveLength(15)
    expect(shown.filter((one) => examplesOf(one).length === 0).map(({ name }) => name)).toEqual([])
  })

  test.each(examples.map(placeOf))('%s compiles', (place) => {
    expect(said.get(place) ?? []).toEqual([])
  })

  test('each is short, and the prelude is sound', () => {
    expect(examples.filter(({ code }) => code.split('\n').length > 8).map(placeOf)).toEqual([])
    expect(said.get('')).toBeUndefined()
  })
})

describe('the public surface explains itself', () => {
  test('every subpath was read', () => {
    expect(entries.map(({ subpath }) => subpath)).toEqual(
      Object.keys(subpaths).filter((one) => !/schemas|package\.json/.test(one)),
    )
    expect(payloads.length).toBeGreaterThan(20)
  })

  test('every name has a doc comment', () => {
    expect(
      all.filter(({ symbol }) => commentOf(symbol) === '').map(({ subpath, name }) => `${subpath} ${name}`),
    ).toEqual([])
  })

  test('so does every member of an interface or class', () => {
    expect(members.filter(({ symbol }) => commentOf(symbol) === '').map(({ name }) => name)).toEqual([])
  })

  test('what a comment cites is a page that is there', () => {
    const texts = [...all, ...members].map(({ name, symbol }) => ({
      name,
      text: `${commentOf(symbol)} ${symbol
        .getJsDocTags(checker)
        .map(({ text }) => ts.displayPartsToString(text))
        .join(' ')}`,
    }))
    const cited = texts.flatMap(({ name, text }) =>
      [...text.matchAll(/[\w./-]*README[\w.]*|\b[\w./-]+\.md\b/g)].map(([page]) => ({ name, page })),
    )
    const pathOf = (page: string) => (page.startsWith('contract/') ? `src/payload/${page}` : page)
    expect(cited.length).toBeGreaterThan(20)
    expect(
      cited.filter(({ page }) => !existsSync(own(pathOf(page)))).map(({ name, page }) => `${name}: ${page}`),
    ).toEqual([])
  })

  test('every payload names the section of the contract it rests on', () => {
    expect(
      payloads.filter(({ symbol }) => !/contract\/v[13]\.md \u00a7\d/.test(commentOf(symbol))).map(({ name }) => name),
    ).toEqual([])
  })

  test('every option that may be left out names its default', () => {
    const options = optionsOf(members).filter(isOptional)
    expect(options.length).toBeGreaterThan(50)
    expect(options.filter(({ symbol }) => !/[Dd]efault: /.test(commentOf(symbol))).map(({ name }) => name)).toEqual([])
  })

  test('every option that is a number names its unit', () => {
    const numbers = optionsOf(members).filter(({ symbol }) =>
      /(^|\| )number( |$)/.test(checker.typeToString(checker.getTypeOfSymbol(symbol))),
    )
    expect(numbers.length).toBeGreaterThan(10)
    expect(
      numbers
        .filter(
          ({ symbol }) =>
            !/\b(ms|s|bytes|events|jobs|tries|attempts|retries|files|captures|number|ISO)\b/i.test(commentOf(symbol)),
        )
        .map(({ name }) => name),
    ).toEqual([])
  })

  test('whatever throws says so', () => {
    const throwing = all
      .filter(({ symbol }) => symbol.getJsDocTags(checker).some(({ name }) => name === 'throws'))
      .map(({ name }) => name)
    expect(throwing).toEqual(
      expect.arrayContaining([
        'smileIdCallbacks',
        'confirmWithSmileId',
        'memoryStore',
        'redisStore',
        'postgresStore',
        'postgresStoreTable',
        'bullmqWorker',
        'mergeJob',
        'sample',
        'jobStory',
        'deliver',
      ]),
    )
  })
})
