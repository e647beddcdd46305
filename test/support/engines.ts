import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import PgBoss10 from 'pg-boss'
import * as bullmq6 from 'bullmq'
import * as bullmq5 from 'bullmq5'
import type { PgBossLike } from '../../src/engines/pg-boss/inbox.ts'
import { missing } from './missing.mjs'
import { databaseUrl, redisUrl } from './services.ts'

/** What the tests use of a PgBoss beside what the library does. */
export interface TestBoss extends PgBossLike {
  on(event: 'error', listener: (error: Error) => void): unknown
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
  getDb(): { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }
}

export interface TestJob {
  state: string
  data: unknown
  output: unknown
  retryCount: number
}

interface BossOptions {
  schema: string
  connectionString?: string
  max?: number
  query_timeout?: number
  connectionTimeoutMillis?: number
  /** Of pg: settings of the session. */
  options?: string
  migrate?: boolean
  supervise?: boolean
  schedule?: boolean
  maintenanceIntervalSeconds?: number
}
type BossClass = new (options: BossOptions) => TestBoss

/** The project of versions that need a newer Node than this package does; `npm run test:engines` runs them there. */
export const newerEngines = fileURLToPath(new URL('../hosts/pg-boss/', import.meta.url))
const newer = createRequire(`${newerEngines}package.json`)

/** As the pages say; long, since many tests share a machine. */
const patience = { keepAlive: true, connectionTimeoutMillis: 30_000, query_timeout: 60_000 }

/** Every pg-boss that is supported: a new one is a line here and one in test/hosts/pg-boss/package.json. */
const supported = [
  { name: 'pg-boss 10', packageName: 'pg-boss', node: 20, settings: {} },
  { name: 'pg-boss 11', packageName: 'pgboss11', node: 22, settings: { superviseIntervalSeconds: 1 } },
  { name: 'pg-boss 12', packageName: 'pgboss12', node: 22, settings: { superviseIntervalSeconds: 1 } },
]
const thisNode = Number.parseInt(process.versions.node)
const isInstalled = (name: string) => existsSync(`${newerEngines}node_modules/${name}`)

const here = supported.filter((one) => one.node === 20 || (thisNode >= one.node && isInstalled(one.packageName)))
for (const one of supported.filter((one) => thisNode >= one.node && !here.includes(one)))
  missing(`${one.name} (npm ci --prefix test/hosts/pg-boss)`)

export const bosses = here.map(({ name, packageName, node, settings }) => {
  const loaded = (node === 20 ? PgBoss10 : newer(packageName)) as BossClass & { PgBoss?: BossClass }
  const Boss = loaded.PgBoss ?? loaded
  return {
    name,
    /** Where a project of its own may find it, and how it imports it. */
    folder:
      node === 20
        ? fileURLToPath(new URL(`../../node_modules/${packageName}`, import.meta.url))
        : `${newerEngines}node_modules/${packageName}`,
    imported: loaded.PgBoss ? `import { PgBoss } from '${packageName}'` : `import PgBoss from '${packageName}'`,
    packageName,
    make: (options: BossOptions): TestBoss =>
      new Boss({ connectionString: databaseUrl, max: 5, ...patience, ...settings, ...options }),
  }
})

/** Every BullMQ that is supported; the types of the newest. */
export const bullmqs = [
  {
    name: 'BullMQ 5',
    Queue: bullmq5.Queue as unknown as typeof bullmq6.Queue,
    Worker: bullmq5.Worker as unknown as typeof bullmq6.Worker,
  },
  { name: 'BullMQ 6', Queue: bullmq6.Queue, Worker: bullmq6.Worker },
]

const url = new URL(redisUrl)
export const redisConnection = {
  host: url.hostname,
  port: Number(url.port || 6379),
  db: Number(url.pathname.slice(1)),
  maxRetriesPerRequest: null,
}
