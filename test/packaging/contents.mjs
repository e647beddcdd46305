// What is in the tarball, and what is not.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const meant = /^(dist\/|src\/[\w./-]+\.md$|llms\.txt$|src\/payload\/generated\/[\w.-]+\.json$|src\/cli\/ui\/page\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$|SECURITY\.md$)/
/** Bytes when unpacked; README.md beside this file says what they are. */
const largest = 1_500_000
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
  none('source maps, or mentions of them', files.filter((file) => file.endsWith('.map') || (/\.(c?js|d\.c?ts)$/.test(file) && readFileSync(join(root, file), 'utf8').includes('sourceMappingURL'))))
  console.log(`the tarball has ${files.length} files, ${bytes} bytes, none astray; nothing runs at installation`)
}

function targetsOf(target) {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targetsOf)
}

export function none(what, found) {
  if (found.length > 0) throw new Error(`${what}: ${found.join(', ')}`)
}
