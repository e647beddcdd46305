// What the package weighs: all of it, and what belongs to the main entry alone.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { gzipSync } from 'node:zlib'
import { minify } from 'rolldown/experimental'

const always = ['package.json', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE']

export async function weigh(root) {
  const [{ files, size, unpackedSize }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  const bytesOf = new Map(files.map(({ path, size }) => [path, size]))
  const sum = (paths) => paths.reduce((bytes, path) => bytes + (bytesOf.get(path) ?? 0), 0)
  const esm = reached(root, 'dist/index.js')
  const code = [...esm, ...reached(root, 'dist/index.cjs')]
  const types = reached(root, 'dist/index.d.ts')
  const texts = esm.map((path) => readFileSync(join(root, path), 'utf8'))
  const gzipped = gzipSync(texts.join('\n')).length
  const small = await Promise.all(esm.map(async (path, index) => (await minify(path, texts[index])).code))
  const minifiedGzipped = gzipSync(small.join('\n')).length
  const withoutOptional = sum([...always, ...code, ...types])
  return {
    withoutOptional,
    gzipped,
    minifiedGzipped,
    rows: [
      ['packed', size],
      ['unpacked, everything', unpackedSize],
      ['unpacked, without the optional parts', withoutOptional],
      ['… code of the main entry, ESM and CommonJS', sum(code)],
      ['… its types', sum(types)],
      ['… README, changelog, licence, package.json', sum(always)],
      ['command line', sum([...bytesOf.keys()].filter((path) => path.startsWith('dist/cli/')))],
      ['JSON schemas', sum([...bytesOf.keys()].filter((path) => path.startsWith('src/')))],
      ['main entry, ESM, gzipped', gzipped],
      ['main entry, ESM, minified and gzipped', minifiedGzipped],
    ],
  }
}

/** A built file and the files of the package that it loads, directly or not. */
function reached(root, path, found = new Set()) {
  if (found.has(path)) return [...found]
  found.add(path)
  const text = readFileSync(join(root, path), 'utf8')
  const isTypes = /\.d\.c?ts$/.test(path)
  for (const [, specifier] of text.matchAll(/(?:from|import|require)\s*\(?\s*["'`](\.[^"'`]+)["'`]/g)) {
    const target = normalize(join(dirname(path), specifier))
    reached(root, isTypes ? target.replace(/\.(c?)js$/, '.d.$1ts') : target, found)
  }
  return [...found]
}
