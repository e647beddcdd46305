// Makes dist, unless it is that of these sources. By tsdown's functions rather than its command, which greets with warnings of its own.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { minify } from 'rolldown/experimental'
import { build } from 'tsdown'

const entry = {
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  redis: 'src/engines/redis/store.ts',
  postgres: 'src/engines/postgres/store.ts',
  bullmq: 'src/engines/bullmq/inbox.ts',
  'pg-boss': 'src/engines/pg-boss/inbox.ts',
  lambda: 'src/doors/lambda.ts',
  opentelemetry: 'src/telemetry/opentelemetry.ts',
  reconcile: 'src/reconcile/reconcile.ts',
  capture: 'src/capture/capture-refused.ts',
  'store-conformance': 'src/testing/store-conformance.ts',
  'inbox-conformance': 'src/testing/inbox-conformance.ts',
}

const isOfCommandLine = ({ moduleIds }) =>
  moduleIds.length > 0 && moduleIds.every((id) => /[\\/]src[\\/]cli[\\/]/.test(id))

const chunkFileNames = (chunk) => `${isOfCommandLine(chunk) ? 'cli/' : ''}[name]-[hash].cjs`

// Not in the source: ESLint replaces it there, and then works out all types anew.
const interpreter = ({ name }) => (name === 'cli/cli' ? '#!/usr/bin/env node' : '')

/** The library stays readable in node_modules. The command is run, not read. */
const smallCommandLine = {
  name: 'small-command-line',
  renderChunk: async (code, chunk) => (isOfCommandLine(chunk) ? (await minify(chunk.fileName, code)).code : code),
}

// The doc comments stand in the declarations; bundlers need the annotations. Source maps would lead to sources that the package has not.
const output = { comments: { annotation: true, jsdoc: false, legal: false } }
const code = { sourcemap: false, plugins: [smallCommandLine] }

// Beside dist, whose files are all published.
const stamp = 'node_modules/.cache/express-smile-id/built'
const inputs = ['src', 'build.js', 'package.json', 'package-lock.json', 'tsconfig.json']
if ((await read(stamp)) !== (await digest([...inputs, 'dist']))) {
  await rm('dist', { recursive: true, force: true })
  await make()
  await mkdir('node_modules/.cache/express-smile-id', { recursive: true })
  await writeFile(stamp, await digest([...inputs, 'dist']))
}

async function make() {
  await Promise.all([
    bundle({ ...code, entry, format: 'esm', dts: false, outputOptions: output }),
    // Node starts CommonJS sooner, so the command line is only that, and uses the library's own files.
    bundle({
      ...code,
      entry: { ...entry, 'cli/cli': 'src/cli/index.ts' },
      format: 'cjs',
      // Else the order of members follows the order in which files happen to be read.
      dts: { entry: Object.values(entry), compilerOptions: { stableTypeOrdering: true } },
      outputOptions: (given, format, { cjsDts }) =>
        cjsDts ? given : { ...given, ...output, chunkFileNames, postBanner: interpreter },
    }),
  ])
  // The bundler puts a member's comment behind the member before it, where editors do not look.
  for (const file of (await readdir('dist')).filter((name) => name.endsWith('.d.cts')))
    await writeFile(`dist/${file}`, (await read(`dist/${file}`)).replace(/^( *)(.*;) (\/\*\*.*\*\/)$/gm, '$1$2\n$1$3'))
  // One set of declarations serves both formats: an ES module may import those of CommonJS, not the other way round.
  await Promise.all(Object.keys(entry).map((name) => writeFile(`dist/${name}.d.ts`, `export * from './${name}.cjs'\n`)))
}

function bundle(options) {
  return build({
    platform: 'node',
    target: 'node20',
    fixedExtension: false,
    clean: false,
    config: false,
    logLevel: 'error',
    ...options,
  })
}

function read(path) {
  return readFile(path, 'utf8').catch(() => undefined)
}

/** Tells files and folders from others, by name and content. */
async function digest(paths) {
  const hash = createHash('sha256')
  for (const path of paths) {
    const below = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined)
    const files = below
      ?.filter((one) => one.isFile())
      .map(({ parentPath, path: before, name }) => `${parentPath ?? before}/${name}`)
    for (const file of files?.sort() ?? [path]) hash.update(`${file}\0${(await read(file)) ?? ''}\0`)
  }
  return hash.digest('hex')
}
