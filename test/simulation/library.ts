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
export type Library = Pick<typeof Index, 'smileIdCallbacks' | 'memoryStore'>
  & Pick<typeof Bullmq, 'bullmqInbox' | 'bullmqProcessor'>
  & Pick<typeof PgBoss, 'pgBossInbox' | 'pgBossWorker'>
  & Pick<typeof Postgres, 'inTransaction' | 'postgresStore'>
  & Pick<typeof Redis, 'redisStore'>
  & Pick<typeof Reconcile, 'reconcile'> & { readonly name: string }

/** A change of one source. */
export interface Patch {
  /** Its path in src. */
  file: string
  from: string | RegExp
  to: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const entry = `
  export { smileIdCallbacks, memoryStore } from './src/index.ts'
  export { bullmqInbox, bullmqProcessor } from './src/engines/bullmq/inbox.ts'
  export { pgBossInbox, pgBossWorker } from './src/engines/pg-boss/inbox.ts'
  export { inTransaction, postgresStore } from './src/engines/postgres/store.ts'
  export { redisStore } from './src/engines/redis/store.ts'
  export { reconcile } from './src/reconcile/reconcile.ts'`

/** The sources as one module, patched where wanted: a mutant is a library of its own in the same process. */
export async function loadLibrary(patch?: Patch): Promise<Library> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: patch
      ? [
          {
            name: 'patch',
            setup(build) {
              build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
                if (path !== join(root, 'src', patch.file)) return undefined
                return { contents: patched(await readFile(path, 'utf8'), patch), loader: 'ts' }
              })
            },
          },
        ]
      : [],
  })
  // Beside the sources, where its imports are found.
  const folder = await mkdtemp(join(root, 'node_modules', '.simulation-'))
  try {
    const file = join(folder, 'library.mjs')
    await writeFile(file, outputFiles[0]?.text ?? '')
    const library = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Library
    await learnScripts(library.redisStore)
    return { ...library, name: folder }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function patched(source: string, { file, from, to }: Patch): string {
  const found =
    typeof from === 'string' ? source.split(from).length - 1 : (source.match(new RegExp(from, 'g')) ?? []).length
  if (found !== 1) throw new Error(`A mutant of src/${file} fits ${found} places, not one: ${String(from)}`)
  return source.replace(from, () => to)
}
