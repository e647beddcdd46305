// What a bundle pays for the main entry, without what it depends on: node test/packaging/size.mjs
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes, minified and gzipped: of an app that makes a receiver, and of every name that the entry has. */
const most = { receiver: 41_000, everything: 45_000 }
const entry = new URL('../../dist/index.js', import.meta.url).pathname
const apps = { receiver: `export { smileIdCallbacks } from '${entry}'`, everything: `export * from '${entry}'` }

for (const [name, contents] of Object.entries(apps)) {
  const { outputFiles: [bundle] } = await build({ stdin: { contents, resolveDir: '/' }, bundle: true, minify: true, write: false, platform: 'node', format: 'esm', external: ['express', 'zod', 'ipaddr.js', 'raw-body'] })
  const bytes = gzipSync(bundle.contents, { level: 9 }).length
  console.log(`own code in a bundle, minified and gzipped, ${name}: ${bytes} bytes, at most ${most[name]}`)
  if (bytes > most[name]) process.exitCode = 1
}
