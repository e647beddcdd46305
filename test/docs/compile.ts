import ts from 'typescript'
import { compilerHost } from '../support/compiler.ts'
import { own, placeOf, type Block } from './readme.ts'

export const common: ts.CompilerOptions = {
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

/**
 * Compiles blocks as modules of a reader's project, each by itself; returns what the compiler says, by page and line.
 * '' is the prelude.
 */
export function compile(blocks: readonly Block[], language: 'ts' | 'js'): Map<string, string[]> {
  const options = optionsFor[language]
  const here = (name: string) => own(`test/docs/${name}`)
  const places = blocks.map(placeOf)
  const files = new Map(blocks.map(({ code }, at) => [here(`block-${at}.${language}`), `${code}\nexport {}\n`]))
  const program = ts.createProgram([...files.keys(), here('prelude.d.ts')], options, compilerHost(options, files))
  const said = new Map<string, string[]>()
  for (const { file, messageText, start } of ts.getPreEmitDiagnostics(program)) {
    const place = places[Number(/block-(\d+)/.exec(file?.fileName ?? '')?.[1] ?? Number.NaN)] ?? ''
    const at = file && start !== undefined ? ts.getLineAndCharacterOfPosition(file, start).line + 1 : 0
    said.set(place, [
      ...(said.get(place) ?? []),
      `${place} + ${at}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    ])
  }
  return said
}
