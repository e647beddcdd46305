// What is in the tarball, and what is not.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const meant = /^(dist\/|src\/[\w./-]+\.md$|examples\/[\w./-]+\.md$|src\/payload\/generated\/[\w.-]+\.json$|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$|SECURITY\.md$)/
const repository = fileURLToPath(new URL('../..', import.meta.url))
/** Bytes when unpacked: code of two formats with their declarations and maps, the command line, schemas and pages. */
const largest = 2_100_000
const required = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']
/** npm runs these on the machine of whoever installs the package. */
const installScripts = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']

/** Unpacks the tarball beside itself and checks it. @throws Error that lists what is wrong */
export function checkContents(tarball) {
  const unpacked = join(dirname(tarball), 'unpacked')
  mkdirSync(unpacked)
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked])
  const root = join(unpacked, 'package')
  const files = readdirSync(root, { recursive: true }).filter((file) => statSync(join(root, file)).isFile())
  const bytes = files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0)
  if (bytes > largest) throw new Error(`the package unpacks to ${bytes} bytes, more than ${largest}`)
  none('not meant for the package', files.filter((file) => !meant.test(file)))
  none('missing from the package', required.filter((file) => !files.includes(file)))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  none('scripts that run at installation', installScripts.filter((name) => name in manifest.scripts))
  if (manifest.sideEffects !== false) throw new Error('package.json has to say "sideEffects": false, so that bundlers drop what is not used')
  none('subpaths that lead nowhere', targetsOf(manifest.exports).filter((target) => !target.includes('*') && !existsSync(join(root, target))))
  const maps = checkSourceMaps(root, files)
  console.log(`the tarball has ${files.length} files, ${bytes} bytes, none astray; ${maps} source maps lead to their sources; nothing runs at installation`)
}

function targetsOf(target) {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targetsOf)
}

/** Each file names a map that is there, and each map names files of the repository, without a copy of them. */
function checkSourceMaps(root, files) {
  const code = files.filter((file) => /\.(c?js|d\.c?ts)$/.test(file))
  const urls = new Map(code.map((file) => [file, /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(join(root, file), 'utf8'))?.[1]]))
  // The bundler's own helpers have no source, declarations are their own, and the command is read by nobody's debugger.
  const mayLack = (file) => /^dist\/(chunk-[\w-]+\.cjs|cli\/)|\.d\.c?ts$/.test(file)
  none('without a source map', code.filter((file) => urls.get(file) === undefined && !mayLack(file)))
  const maps = [...urls].filter(([, url]) => url !== undefined).map(([file, url]) => join(dirname(file), url))
  none('source maps that are named and not there', maps.filter((map) => !files.includes(map)))
  none('source maps of nothing', files.filter((file) => file.endsWith('.map') && !maps.includes(file)))
  none('sources that a map does not lead to', maps.flatMap((map) => lostSources(root, map)))
  return maps.length
}

function lostSources(root, map) {
  const { sources, sourcesContent = [], sourceRoot = '', mappings } = JSON.parse(readFileSync(join(root, map), 'utf8'))
  if (sourcesContent.some((content) => typeof content === 'string')) return [`${map} repeats its sources`]
  if (sources.length === 0 || mappings === '') return [`${map} maps nothing`]
  return sources
    .filter((source) => !existsSync(join(repository, dirname(map), sourceRoot, source)))
    .map((source) => `${relative(root, join(root, map))}: ${source}`)
}

export function none(what, found) {
  if (found.length > 0) throw new Error(`${what}: ${found.join(', ')}`)
}
