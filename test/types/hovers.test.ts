import ts from 'typescript'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// What an editor shows of the built package: keys complete, and a key's comment is there when it is pointed at.

const file = fileURLToPath(new URL('./virtual-hovers.ts', import.meta.url))
const code = `import { isV1Payload, isV3Payload, smileIdCallbacks } from 'express-smile-id'
const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'k' } })
callbacks.on('document_verification.approved', ({ payload, result }) => {
  payload./*any*/created_at
  result.actions?./*actions*/Liveness_Check
  if (isV1Payload(payload)) payload./*v1*/Photo
  if (isV3Payload(payload)) payload./*v3*/consent
})
callbacks.on('one_time_aml', ({ payload }) => payload.people?.[0]?./*person*/pep)
callbacks.on('business_verification', ({ payload }) => payload./*company*/company_information)
callbacks.onAny((event) => event./*event*/outcome === 'approved')
`

const options: ts.CompilerOptions = {
  strict: true,
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
}
const service = ts.createLanguageService({
  getScriptFileNames: () => [file],
  getScriptVersion: () => '1',
  getScriptSnapshot(name) {
    const text = name === file ? code : ts.sys.readFile(name)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => process.cwd(),
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath.bind(ts),
  fileExists: (name) => name === file || ts.sys.fileExists(name),
  readFile: (name) => (name === file ? code : ts.sys.readFile(name)),
  directoryExists: ts.sys.directoryExists.bind(ts.sys),
  getDirectories: ts.sys.getDirectories.bind(ts.sys),
})

const after = (mark: string): number => code.indexOf(`/*${mark}*/`) + mark.length + 4
const keysAt = (mark: string): string[] =>
  service.getCompletionsAtPosition(file, after(mark), {})?.entries.map(({ name }) => name) ?? []
const hoverAt = (mark: string): [type: string, comment: string] => {
  const info = service.getQuickInfoAtPosition(file, after(mark))
  return [ts.displayPartsToString(info?.displayParts), ts.displayPartsToString(info?.documentation)]
}

test('the file compiles', { timeout: 120_000 }, () => {
  expect(service.getSemanticDiagnostics(file).map(({ messageText }) => messageText)).toEqual([])
})

test('known keys complete, of both generations before they are told apart', () => {
  expect(keysAt('any')).toEqual(
    expect.arrayContaining(['FullName', 'ImageLinks', 'id_fields', 'image_links', 'status']),
  )
  expect(keysAt('any')).not.toContain('company_information')
  expect(keysAt('v1')).toEqual(expect.arrayContaining(['FullName', 'IssuanceDate', 'Photo', 'ResultCode']))
  expect(keysAt('v3')).toEqual(expect.arrayContaining(['antifraud', 'consent', 'id_fields', 'image_links']))
  expect(keysAt('actions')).toHaveLength(25)
})

test.each([
  ['any', '(property) created_at?: string | null | undefined', 'ISO.'],
  ['v1', '(property) Photo?: string | undefined', 'Base64, or `"Not Available"`.'],
  ['v3', '(property) consent?: ', 'An ISO 27560 record; `{}` where there is none.'],
  ['person', '(property) pep?: ', 'A politically exposed person.'],
  ['event', '(property) outcome?: "approved" | ', 'v1: by (job type, code), contract/v1.md §3.1.'],
])('a hover at %s has the type and the comment', (mark, type, comment) => {
  const [shown, said] = hoverAt(mark)
  expect(shown).toContain(type)
  expect(said).toContain(comment)
})

test('a part of a payload is shown by its name', () => {
  expect(hoverAt('company')[0]).toBe('(property) company_information?: V1Company | undefined')
})
