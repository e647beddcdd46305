// What a bundle pays for the main entry, without what it depends on, and for that: node test/packaging/size.mjs
import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Bytes, minified and gzipped: of an app that makes a receiver, and of every name that the entry has. */
const most = { receiver: 47_800, everything: 51_800 }
const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const apps = { receiver: `export { smileIdCallbacks } from '${entry}'`, everything: `export * from '${entry}'` }

const bundleOf = async (contents, options) => {
  const {
    outputFiles: [bundle],
    metafile,
  } = await build({
    stdin: { contents, resolveDir: '/' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    ...options,
  })
  return { bundle, inputs: Object.entries(Object.values(metafile.outputs)[0].inputs) }
}

for (const [name, contents] of Object.entries(apps)) {
  const { bundle } = await bundleOf(contents, { external: ['express', 'zod', 'ipaddr.js', 'raw-body'] })
  const bytes = gzipSync(bundle.contents, { level: 9 }).length
  console.log(`own code in a bundle, minified and gzipped, ${name}: ${bytes} bytes, at most ${most[name]}`)
  if (bytes > most[name]) process.exitCode = 1
}

/** What src/doors/README.md says of the dependencies, in bytes, minified; within a tenth. */
const said = { utf8: 400_000, ascii: 620_000 }
for (const [charset, expected] of Object.entries(said)) {
  const { inputs } = await bundleOf(apps.receiver, { charset, external: ['express'] })
  const bytes = inputs
    .filter(([path]) => path.includes('node_modules/'))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)
  console.log(`dependencies in a bundle, minified, ${charset}: ${bytes} bytes, about ${expected}`)
  if (Math.abs(bytes - expected) > expected / 10) process.exitCode = 1
}
