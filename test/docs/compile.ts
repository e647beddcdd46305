import ts from 'typescript'
import { own, type Block } from './readme.ts'

const common: ts.CompilerOptions = {
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  experimentalDecorators: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
}

// JavaScript has no word for "this is not undefined".
const optionsFor = { ts: { ...common, strict: true }, js: { ...common, strict: false, allowJs: true, checkJs: true } }

/** Compiles blocks as modules of a reader's project, each by itself; returns what the compiler says, by line of README. 0 is the prelude. */
export function compile(blocks: readonly Block[], language: 'ts' | 'js'): Map<number, string[]> {
  const options = optionsFor[language]
  const here = (name: string) => own(`test/docs/${name}`)
  const files = new Map(blocks.map(({ line, code }) => [here(`readme-line-${line}.${language}`), `${code}\nexport {}\n`]))
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
