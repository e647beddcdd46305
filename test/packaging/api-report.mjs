// The public surface of the built package as one text: node test/packaging/api-report.mjs [--update]
// A change to it is a change that users feel, so it is seen in review.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const dist = new URL('../../dist/', import.meta.url)
const committed = new URL('api-report.txt', import.meta.url)

const files = readdirSync(dist).filter((name) => name.endsWith('.d.ts'))
const program = ts.createProgram(
  files.map((name) => fileURLToPath(new URL(name, dist))),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
    types: ['node'],
  },
)
const checker = program.getTypeChecker()
const printer = ts.createPrinter({ removeComments: true })

/** Entries have plain names; what they share stands in chunks whose names carry a hash. */
const entries = files.filter((name) => !/-[\w-]{8}\.d\.ts$/.test(name)).sort()

function report(entry) {
  const source = program.getSourceFile(fileURLToPath(new URL(entry, dist)))
  const names = checker.getExportsOfModule(checker.getSymbolAtLocation(source))
  const lines = names.map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    return [
      ...(symbol.declarations ?? []).map((declaration) => print(exported.name, declaration)),
      ...fieldsOf(symbol),
    ].join('\n')
  })
  return `## ${entry.replace(/\.d\.ts$/, '')}\n\n${lines.sort().join('\n\n')}\n`
}

function print(name, declaration) {
  // A variable is printed with its statement, so that `const` and its type are seen.
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  return `// ${name}\n${printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())}`
}

/** Payload types are computed from documented fields: their keys are listed, but for those of the other generation. */
function fieldsOf(symbol) {
  if (!/^V[13][A-Z]\w*$/.test(symbol.name) || /(Job|Status|Key)$/.test(symbol.name)) return []
  const fields = checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .map((field) => [
      field.name,
      checker.typeToString(checker.getTypeOfSymbol(field), undefined, ts.TypeFormatFlags.NoTruncation),
    ])
  return fields
    .filter(([, type]) => type !== 'undefined')
    .map(([name, type]) => `    ${name}: ${type}`)
    .sort()
}

const text = entries.map(report).join('\n')
if (process.argv.includes('--update')) {
  writeFileSync(committed, text)
} else if (readFileSync(committed, 'utf8') !== text) {
  console.error(
    'The public surface differs from test/packaging/api-report.txt. If that is meant: node test/packaging/api-report.mjs --update',
  )
  process.exitCode = 1
} else {
  console.log(`the public surface is as reported: ${entries.join(', ')}`)
}
