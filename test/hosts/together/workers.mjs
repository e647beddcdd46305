import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

// Packages of the old kind ask for Node's modules by require, as wrangler lets them.
const requireForPackages =
  "import { createRequire } from 'node:module'; const require = createRequire('file:///worker.mjs');"
const { outputFiles } = await build({
  entryPoints: ['worker.mjs'],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  conditions: ['worker'],
  banner: { js: requireForPackages },
})
const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  script: outputFiles[0].text,
  modules: true,
  compatibilityDate: '2026-04-01',
  compatibilityFlags: ['nodejs_compat'],
})
const url = await miniflare.ready
console.log(JSON.stringify({ port: Number(url.port) }))
