import ts from 'typescript'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compilerHost } from '../support/compiler.ts'

const file = fileURLToPath(new URL('./virtual.ts', import.meta.url))

/** How many types a compiler makes for a user's file, against the built package. */
function instantiations(code: string): number {
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
  }
  const program = ts.createProgram([file], options, compilerHost(options, new Map([[file, code]])))
  expect(
    ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  ).toEqual([])
  return program.getInstantiationCount()
}

const receiver = `import { smileIdCallbacks } from 'express-smile-id'\nexport const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'k' } })\n`
const one = "callbacks.on('approved', (event) => event.partnerParams.account_id)\n"
const all = `${one}callbacks.on(['rejected', 'provisional'], (event) => event.outcome)
callbacks.on('document_verification', (event) => event.kind)
callbacks.on('document_verification.approved', (event) => event.payload.ResultCode)
callbacks.on('id_info', (event) => event.idStep)
callbacks.onAny((event) => event.outcome === 'approved' && event.product)\n`

// 88 633 for one subscription, and half a second, when events were sorted out by their name and not looked up; 910 when
// the name was inferred from its handler as well.
test.each([
  ['nothing', '', 200],
  ['one subscription', one, 900],
  ['subscriptions of all sorts', all, 3_000],
])('%s costs a compiler few types', { timeout: 120_000 }, (_, code, most) => {
  expect(instantiations(receiver + code)).toBeLessThan(most)
})
