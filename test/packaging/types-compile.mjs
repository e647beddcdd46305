// Compiles cells of types.mjs by one TypeScript, whose folder is named first; the cells stand in standard input. Prints what is wrong with each.
// `whole`: with all that it uses; else what stands in the folders of `own`.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const ts = createRequire(import.meta.url)(process.argv[2])

/** Declarations of one path and format are the same in every cell, so they are parsed and bound once. */
const parsed = new Map()

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map((cell) => ({ name: cell.name, flaws: flawsIn(cell) }))))

function flawsIn({ folder, args, files, own, whole }) {
  const { options, errors } = ts.parseCommandLine(args)
  const host = hostIn(folder, options)
  const program = ts.createProgram({ rootNames: files.map((file) => join(folder, file)), options, host })
  const checked = whole ? [undefined] : program.getSourceFiles().filter(({ fileName }) => own.some((path) => fileName.startsWith(path)))
  const found = [...errors, ...checked.flatMap((file) => ts.getPreEmitDiagnostics(program, file))]
  if (!options.noEmit && found.length === 0) found.push(...program.emit(undefined, () => {}, undefined, true).diagnostics)
  return found.length === 0 ? '' : ts.formatDiagnostics([...new Set(found)], { ...host, getCanonicalFileName: (name) => name })
}

function hostIn(folder, options) {
  const host = ts.createCompilerHost(options)
  const parse = host.getSourceFile.bind(host)
  host.getCurrentDirectory = () => folder
  host.getSourceFile = (name, version, ...rest) => {
    if (!/\.d\.[cm]?ts$/.test(name)) return parse(name, version, ...rest)
    const key = `${name} ${version.impliedNodeFormat}`
    if (!parsed.has(key)) parsed.set(key, parse(name, version, ...rest))
    return parsed.get(key)
  }
  return host
}
