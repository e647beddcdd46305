import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { statusByCode } from '../../src/receive/report.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const readme = readFileSync(here('../../README.md'), 'utf8')

const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = '', index }) => ({
  line: readme.slice(0, index).split('\n').length,
  code,
}))

/** Compiles the blocks as modules of a reader's project; returns what the compiler says of each. */
function compile(): Map<number, string[]> {
  const files = new Map(blocks.map(({ line, code }) => [here(`readme-line-${line}.ts`), `${code}\nexport {}\n`]))
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
  }
  const host = ts.createCompilerHost(options)
  const readFile = host.readFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.fileExists = (name) => files.has(name) || fileExists(name)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name)
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version)
  }
  const program = ts.createProgram([...files.keys(), here('prelude.d.ts')], options, host)
  const said = new Map<number, string[]>()
  for (const { file, messageText, start } of ts.getPreEmitDiagnostics(program)) {
    const line = Number(/readme-line-(\d+)/.exec(file?.fileName ?? '')?.[1] ?? 0)
    const at = file && start !== undefined ? ts.getLineAndCharacterOfPosition(file, start).line + 1 : 0
    said.set(line, [...(said.get(line) ?? []), `${line + at}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`])
  }
  return said
}

describe('code blocks compile against the built package', () => {
  const said = compile()

  test('there are some, and the prelude is sound', () => {
    expect(blocks.length).toBeGreaterThan(5)
    expect(said.get(0)).toBeUndefined()
  })

  test.each(blocks)('README.md:$line', ({ line }) => {
    expect(said.get(line) ?? []).toEqual([])
  })
})

describe('every code is explained', () => {
  const configCodes = [...readFileSync(here('../../src/errors.ts'), 'utf8').matchAll(/^ {2}\| '(\w+)'/gm)].map(({ 1: code }) => code)

  test.each(Object.entries(statusByCode))('%s, %i', (code, status) => {
    const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${code}\``))
    expect(row).toContain(String(status))
  })

  test.each(configCodes)('%s', (code) => {
    expect(readme).toMatch(new RegExp(`^\\|.*\`${code}\`.*\\|.*\\|$`, 'm'))
  })

  test('the configuration codes were found', () => expect(configCodes.length).toBeGreaterThan(10))
})

test('links within the page lead somewhere', () => {
  const anchors = [...readme.matchAll(/^#+ (.*)$/gm)].map(({ 1: title = '' }) => `#${title.toLowerCase().replace(/[^\w\s-]/g, '').replace(/\s/g, '-')}`)
  const links = [...readme.matchAll(/\]\((#[^)]+)\)/g)].map(({ 1: link }) => link)
  expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([])
})
