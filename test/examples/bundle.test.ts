import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// An app that is bundled, as for a function or a container, and run where nothing is installed.
const own = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const app = mkdtempSync(join(tmpdir(), 'express-smile-id-app-'))
const elsewhere = mkdtempSync(join(tmpdir(), 'express-smile-id-bundle-'))
const source = (importing: string) => `${importing}
const worker = bullmqWorker({ dispatch: async () => ({}) }, { connection: { host: '127.0.0.1', port: 1, retryStrategy: () => null }, autorun: false, skipVersionCheck: true })
console.log(worker.name, typeof worker.run, typeof bullmqInbox)
process.exit(0)
`
const names = '{ bullmqInbox, bullmqWorker }'
const sources = {
  esm: source(`import ${names} from 'express-smile-id/bullmq'`),
  cjs: source(`const ${names} = require('express-smile-id/bullmq')`),
}

beforeAll(() => {
  if (!existsSync(own('dist/bullmq.js'))) throw new Error('Bundles are made of the package as built: npm run build')
  mkdirSync(join(app, 'node_modules'))
  symlinkSync(own('.'), join(app, 'node_modules/express-smile-id'), 'junction')
})
afterAll(() => {
  for (const folder of [app, elsewhere]) rmSync(folder, { recursive: true, force: true })
})

const works = async (bundle: string) => {
  const { stdout } = await promisify(execFile)(process.execPath, [bundle], {
    cwd: elsewhere,
    env: { PATH: process.env['PATH'] },
  })
  expect(stdout.trim()).toBe('smile-id function function')
  expect(() => createRequire(join(elsewhere, 'x.js')).resolve('bullmq')).toThrow()
}

describe('bullmqWorker in a bundle, without node_modules', { timeout: 120_000 }, () => {
  test.each((['esm', 'cjs'] as const).flatMap((from) => (['esm', 'cjs'] as const).map((to) => ({ from, to }))))(
    '$from bundled as $to',
    async ({ from, to }) => {
      const entry = join(app, `${from}.${from === 'esm' ? 'mjs' : 'cjs'}`)
      writeFileSync(entry, sources[from])
      const outfile = join(elsewhere, `${from}-${to}.${to === 'esm' ? 'mjs' : 'cjs'}`)
      // What every bundle of CommonJS packages as an ES module needs, for Node's own modules.
      const banner =
        to === 'esm'
          ? {
              banner: {
                js: "import { createRequire as bundled } from 'node:module'; const require = bundled(import.meta.url);",
              },
            }
          : {}
      await build({
        entryPoints: [entry],
        outfile,
        bundle: true,
        platform: 'node',
        format: to,
        logLevel: 'silent',
        ...banner,
      })
      await works(outfile)
    },
  )

  test.each(['esm', 'cjs'] as const)(
    'an ES module bundled by rollup as %s, with no require of its own',
    async (format) => {
      const input = join(app, `rolled-${format}.mjs`)
      writeFileSync(input, sources.esm)
      const file = join(elsewhere, `rolled-${format}.${format === 'esm' ? 'mjs' : 'cjs'}`)
      const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' })
      await bundle.write({ file, format })
      await works(file)
    },
  )
})
