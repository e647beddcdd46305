import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rollup } from 'rollup'
import webpack from 'webpack'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// A worker that is bundled, as for a function or a container, and run where nothing is installed.
// test/examples/bundle.test.ts has esbuild and rolldown.
const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const ncc = fileURLToPath(new URL('node_modules/@vercel/ncc/dist/ncc/cli.js', import.meta.url))
const app = mkdtempSync(join(tmpdir(), 'express-smile-id-app-'))
const elsewhere = mkdtempSync(join(tmpdir(), 'express-smile-id-bundle-'))
const worker = `const worker = bullmqWorker({ dispatch: async () => ({}) }, { connection: { host: '127.0.0.1', port: 1, retryStrategy: () => null }, autorun: false, skipVersionCheck: true })
console.log(worker.name, typeof worker.run, typeof bullmqInbox)
process.exit(0)
`
const entries = { mjs: join(app, 'entry.mjs'), cjs: join(app, 'entry.cjs') }

beforeAll(() => {
  mkdirSync(join(app, 'node_modules'))
  symlinkSync(root, join(app, 'node_modules/express-smile-id'), 'junction')
  writeFileSync(entries.mjs, `import { bullmqInbox, bullmqWorker } from 'express-smile-id/bullmq'\n${worker}`)
  writeFileSync(entries.cjs, `const { bullmqInbox, bullmqWorker } = require('express-smile-id/bullmq')\n${worker}`)
})
afterAll(() => {
  for (const folder of [app, elsewhere]) rmSync(folder, { recursive: true, force: true })
})

const bundlers = {
  async webpack(entry, format, folder) {
    const isModule = format === 'esm'
    const library = { type: isModule ? 'module' : 'commonjs2' }
    const output = {
      path: folder,
      filename: isModule ? 'out.mjs' : 'out.cjs',
      library,
      ...(isModule && { module: true, chunkFormat: 'module' }),
    }
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry,
      output,
      experiments: { outputModule: isModule },
      optimization: { minimize: false },
    })
    const stats = await promisify(compiler.run.bind(compiler))()
    expect(stats.toJson({ errors: true, all: false }).errors).toEqual([])
    return join(folder, output.filename)
  },
  async rollup(entry, format, folder) {
    const plugins = [
      nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }),
      commonjs({ ignoreDynamicRequires: true }),
      json(),
    ]
    const bundle = await rollup({ input: entry, plugins, onwarn: () => undefined })
    const file = join(folder, format === 'esm' ? 'out.mjs' : 'out.cjs')
    await bundle.write({ file, format, inlineDynamicImports: true })
    return file
  },
  async ncc(entry, _format, folder) {
    await run(process.execPath, [ncc, 'build', entry, '--out', folder, '--quiet', '--no-cache'], { maxBuffer: 2 ** 26 })
    return join(folder, entry.endsWith('.mjs') ? 'index.mjs' : 'index.cjs')
  },
}

describe('bullmqWorker in a bundle, without node_modules', () => {
  it.each([
    ['webpack', 'mjs', 'cjs'],
    ['webpack', 'cjs', 'cjs'],
    ['webpack', 'mjs', 'esm'],
    ['rollup', 'mjs', 'cjs'],
    ['rollup', 'mjs', 'esm'],
    ['ncc', 'mjs', 'esm'],
    ['ncc', 'cjs', 'cjs'],
  ])('%s, of an entry in %s, to %s', async (bundler, from, format) => {
    const folder = join(elsewhere, `${bundler}-${from}-${format}`)
    mkdirSync(folder)
    const file = await bundlers[bundler](entries[from], format, folder)
    const { stdout } = await run(process.execPath, [file], { cwd: elsewhere, env: { PATH: process.env.PATH } })
    expect(stdout.trim()).toBe('smile-id function function')
    expect(() => createRequire(join(elsewhere, 'x.js')).resolve('bullmq')).toThrow()
  })
})
