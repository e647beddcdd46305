import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

const { outputFiles } = await build({ entryPoints: ['worker.mjs'], bundle: true, write: false, format: 'esm', platform: 'node', target: 'es2022', conditions: ['worker'] })
const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  script: outputFiles[0].text,
  modules: true,
  compatibilityDate: '2025-09-01',
  compatibilityFlags: ['nodejs_compat'],
})
const url = await miniflare.ready
console.log(JSON.stringify({ port: Number(url.port) }))
