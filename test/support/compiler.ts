import ts from 'typescript'

/** Source files of one kind of program; reading and parsing the libraries' declarations is most of its cost. */
const parsed = new Map<string, ts.SourceFile | undefined>()

/** A compiler's host that parses each file once for all programs of the same module settings; `virtual` comes first. */
export function compilerHost(
  options: ts.CompilerOptions,
  virtual: ReadonlyMap<string, string> = new Map(),
): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const { module, moduleResolution, target, experimentalDecorators, jsx } = options
  const settings = JSON.stringify([module, moduleResolution, target, experimentalDecorators, jsx])
  const readFile = host.readFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  const getSourceFile = host.getSourceFile.bind(host)
  host.readFile = (name) => virtual.get(name) ?? readFile(name)
  host.fileExists = (name) => virtual.has(name) || fileExists(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = virtual.get(name)
    if (text !== undefined) return ts.createSourceFile(name, text, version)
    const format = typeof version === 'object' ? version.impliedNodeFormat : undefined
    const key = `${settings} ${String(format)} ${name}`
    if (!parsed.has(key)) parsed.set(key, getSourceFile(name, version, ...rest))
    return parsed.get(key)
  }
  return host
}
