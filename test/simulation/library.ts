import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'
import { learnScripts } from './redis.ts'
import type * as Index from '../../src/index.ts'
import type * as Bullmq from '../../src/engines/bullmq/inbox.ts'
import type * as PgBoss from '../../src/engines/pg-boss/inbox.ts'
import type * as Postgres from '../../src/engines/postgres/store.ts'
import type * as Redis from '../../src/engines/redis/store.ts'
import type * as Reconcile from '../../src/reconcile/reconcile.ts'

/** All of the package that a world runs. */
export type Library = Pick<typeof Index, 'smileIdCallbacks' | 'memoryStore' | 'confirmWithSmileId'>
  & Pick<typeof Bullmq, 'bullmqInbox' | 'bullmqProcessor'>
  & Pick<typeof PgBoss, 'pgBossInbox' | 'pgBossWorker'>
  & Pick<typeof Postgres, 'inTransaction' | 'postgresStore'>
  & Pick<typeof Redis, 'redisStore'>
  & Pick<typeof Reconcile, 'reconcile'>

/** A change of one source. */
export interface Patch {
  /** Its path in src. */
  file: string
  from: string | RegExp
  to: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const names = {
  index: ['src/index.ts', 'smileIdCallbacks, memoryStore, confirmWithSmileId'],
  bullmq: ['src/engines/bullmq/inbox.ts', 'bullmqInbox, bullmqProcessor'],
  'pg-boss': ['src/engines/pg-boss/inbox.ts', 'pgBossInbox, pgBossWorker'],
  postgres: ['src/engines/postgres/store.ts', 'inTransaction, postgresStore'],
  redis: ['src/engines/redis/store.ts', 'redisStore'],
  reconcile: ['src/reconcile/reconcile.ts', 'reconcile'],
} as const
const entryOf = (fileOf: (name: string, source: string) => string): string =>
  Object.entries(names)
    .map(([name, [source, exported]]) => `export { ${exported} } from './${fileOf(name, source)}'\n`)
    .join('')

/** The sources, patched where wanted: a mutant is a library of its own in the same process. */
export const loadLibrary = (patch?: Patch): Promise<Library> =>
  load(
    () => root,
    entryOf((_, source) => source),
    patch ? [patching(patch)] : [],
  )

/** The build before this one, which runs beside it while processes are replaced. */
export const loadPrevious = (): Promise<Library> =>
  load(
    (folder) => {
      execFileSync('tar', ['-xzf', join(root, 'test/upgrade/previous.tgz'), '-C', folder])
      return folder
    },
    entryOf((name) => `dist/${name}.js`),
  )

/** As one module. */
async function load(
  sourcesIn: (folder: string) => string,
  contents: string,
  plugins: esbuild.Plugin[] = [],
): Promise<Library> {
  // Beside the sources, where its imports are found.
  const folder = await mkdtemp(join(root, 'node_modules', '.simulation-'))
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: sourcesIn(folder), loader: 'ts' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      plugins,
    })
    const file = join(folder, 'library.mjs')
    await writeFile(file, outputFiles[0]?.text ?? '')
    const library = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Library
    await learnScripts(library.redisStore)
    return library
  } finally {
    await rm(folder, { recursive: true })
  }
}

const patching = (patch: Patch): esbuild.Plugin => ({
  name: 'patch',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (path !== join(root, 'src', patch.file)) return undefined
      return { contents: patched(await readFile(path, 'utf8'), patch), loader: 'ts' }
    })
  },
})

/** The source with its mistake, which has to fit one place. */
export function patched(source: string, { file, from, to }: Patch): string {
  const found =
    typeof from === 'string' ? source.split(from).length - 1 : (source.match(new RegExp(from, 'g')) ?? []).length
  if (found !== 1) throw new Error(`A mutant of src/${file} fits ${found} places, not one: ${String(from)}`)
  return source.replace(from, () => to)
}
