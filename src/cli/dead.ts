import { deadLetters as bullmqDeadLetters } from '../engines/bullmq/dead.ts'
import { checkQueue } from '../engines/bullmq/failed.ts'
import { type BullmqQueueLike, clientOf, forgetAll as bullmqForgetAll } from '../engines/bullmq/like.ts'
import { deadLetterQueue } from '../engines/pg-boss/queue.ts'
import { checkQueues, forgetAll as pgBossForgetAll, sqlOf } from '../engines/pg-boss/sql.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { DeadLetters } from '../inbox/dead-letters.ts'
import { deadLetters as pgBossDeadLetters, type PgBossLike } from '../engines/pg-boss/inbox.ts'
import { withTimeout } from '../lib/promises.ts'
import { duration, shownError } from '../lib/words.ts'
import { type Io, jsonLine, table } from './shared/io.ts'
import { type Run, UsageError, type Values } from './shared/usage.ts'

/** Lists, redrives or drops the events whose handlers failed on every attempt. */
export const run: Run<'dead'> = ({ values, positionals }, io) => {
  const { all = false } = values
  const [action = '', ...ids] = positionals
  if (!/^(list|redrive|drop)$/.test(action)) throw new UsageError('dead needs an action: list, redrive or drop.')
  if (action === 'list' && (ids.length > 0 || all)) throw new UsageError('dead list takes no event: it lists all.')
  if (action !== 'list' && ids.length > 0 === all) throw new UsageError(`dead ${action} takes event ids, or --all.`)
  const open = opener(values, io)
  return asking(io, { says: 'The engine could not be asked' }, async () => {
    const { check, letters, close } = await open()
    try {
      await check()
      if (action !== 'list') return await change(letters, action as 'redrive' | 'drop', all ? undefined : ids, io)
      const found = await letters.list()
      const rows = found.map(({ id, code, attempts, age }) => [id, code, String(attempts ?? '?'), duration(age)])
      if (values.json) io.out(found.map(jsonLine).join(''))
      else io.out(found.length === 0 ? 'No event is dead.\n' : table([['EVENT', 'CODE', 'TRIES', 'AGE'], ...rows]))
      return true
    } finally {
      await close()
    }
  })
}

/** Says that an engine failed, without its message: that may hold a URL with its password. */
export async function asking(
  io: Io,
  failed: { says: string; then?: string },
  act: () => Promise<boolean>,
  patienceMs = 60_000,
): Promise<boolean> {
  const boxed = await withTimeout(act, patienceMs)
  if ('value' in boxed) return boxed.value
  if (boxed.error instanceof UsageError) throw boxed.error
  io.err(`${failed.says}: ${shownError(boxed.error)}.${failed.then ?? ''}\n`)
  return false
}

function opener(values: Values<'dead'>, { env }: Io): () => Promise<Opened> {
  const { redis, postgres } = values
  if (redis !== undefined && postgres !== undefined) throw new UsageError('dead takes --redis or --postgres, not both.')
  const servers = serversOf(values, redis === undefined && postgres === undefined ? env : {})
  const [server, ...others] = servers
  if (!server || others.length > 0)
    throw new UsageError(
      'Say where the queue is: --redis <url> for BullMQ, --postgres <url> for pg-boss, or REDIS_URL or DATABASE_URL.',
    )
  if (!URL.canParse(server.url)) throw new UsageError(`--${server.option} must be a URL.`)
  return server.open
}

type ServerArgs = Pick<Values<'dead'>, 'redis' | 'postgres' | 'queue' | 'prefix' | 'schema' | 'dead-letter'>

/** The servers that the arguments name, or `env`, which may be empty. */
export function serversOf(args: ServerArgs, env: Io['env']) {
  const { queue = 'smile-id', prefix, schema, 'dead-letter': deadLetter } = args
  const { redis = env['REDIS_URL'], postgres = env['DATABASE_URL'] } = args
  const where = { queue, prefix, schema, deadLetter }
  return [
    { option: 'redis', url: redis ?? '', open: () => openBullmq(new URL(redis ?? ''), where) } as const,
    { option: 'postgres', url: postgres ?? '', open: () => openPgBoss(postgres ?? '', where) } as const,
  ].filter(({ option }) => ({ redis, postgres })[option] !== undefined)
}

/** Redrives or drops these events, or all. */
async function change(
  letters: DeadLetters,
  action: 'redrive' | 'drop',
  ids: readonly string[] | undefined,
  io: Io,
): Promise<boolean> {
  const wanted = ids ?? (await letters.list({ limit: 100_000 })).map(({ id }) => id)
  let changed = 0
  for (const id of wanted) changed += Number(await letters[action](id))
  const left = wanted.length - changed
  const done = action === 'drop' ? 'dropped' : 'redriven'
  io.out(`${changed} ${done}${left > 0 ? `; ${left} not dead, or not there` : ''}\n`)
  return left === 0
}

/** The dead letters of a queue, with a function that closes the connection. */
export interface Opened {
  letters: DeadLetters
  /** Rejects with a SmileIdConfigError where there is no such queue. */
  check: () => Promise<void>
  /** Forgets in the whole queue. */
  forgetAll: NonNullable<Inbox['forgetAll']>
  /** The client for a store on the same server. */
  client: unknown
  close: () => Promise<unknown>
}

/** The queue, and its place in the engine. */
interface Where {
  queue: string
  deadLetter: string | undefined
  prefix: string | undefined
  schema: string | undefined
}

async function openBullmq(url: URL, { queue, prefix }: Where): Promise<Opened> {
  const { Queue } = await installed('bullmq', () => import('bullmq'))
  const connection = await redisAt(url)
  const options = { connection, skipVersionCheck: true, skipMetasUpdate: true, ...(prefix !== undefined && { prefix }) }
  const opened = new Queue(queue, options)
  opened.on('error', () => undefined)
  const close = async () => {
    await opened.close().catch(() => undefined)
    connection.disconnect()
  }
  return {
    check: () => checkQueue(opened as BullmqQueueLike, queue, prefix),
    letters: bullmqDeadLetters(opened as BullmqQueueLike),
    forgetAll: (isIt) => bullmqForgetAll(opened as BullmqQueueLike, isIt),
    client: await clientOf(opened),
    close,
  }
}

/** Connects to the server of a URL; of a cluster's node to the cluster, of a Sentinel to its master. */
async function redisAt({ hostname: host, port, username, password, pathname, protocol }: URL) {
  const { Cluster, Redis } = await installed('ioredis', () => import('ioredis'))
  const node = { host, port: Number(port || 6379) }
  const options = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password), sentinelPassword: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
    maxRetriesPerRequest: 1,
    retryStrategy: (tries: number) => (tries > 2 ? null : 200),
  }
  const db = Number(pathname.slice(1))
  const heard = <C extends NodeJS.EventEmitter>(client: C): C => client.on('error', () => undefined)
  const server = heard(new Redis({ ...options, ...node, db }))
  // A role may not be allowed to ask: then it is a server of its own.
  const mode = /redis_mode:(\w+)/.exec(await server.info('server').catch(() => ''))?.[1]
  if (mode !== 'cluster' && mode !== 'sentinel') return server
  const [[, name] = []] = mode === 'sentinel' ? ((await server.call('SENTINEL', 'MASTERS')) as string[][]) : []
  server.disconnect()
  return heard(
    mode === 'cluster'
      ? new Cluster([node], { redisOptions: options })
      : new Redis({ ...options, db, sentinels: [node], name: name ?? '' }),
  )
}

interface Boss extends PgBossLike {
  on(event: 'error', listener: () => void): unknown
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
}

type BossClass = new (options: object) => Boss

async function openPgBoss(url: string, { queue, deadLetter, schema }: Where): Promise<Opened> {
  const found: unknown = await installed('pg-boss', () => import('pg-boss'))
  // Named export from version 12 on.
  const { PgBoss, default: whole } = found as { PgBoss?: BossClass; default?: BossClass }
  const Made = PgBoss ?? whole
  if (!Made) throw new UsageError('This pg-boss is not supported: 10, 11 and 12 are.')
  // This command only reads: the queue's owner migrates and supervises it.
  const boss = new Made({
    connectionString: url,
    max: 2,
    supervise: false,
    schedule: false,
    migrate: false,
    ...(schema !== undefined && { schema }),
  })
  boss.on('error', () => undefined)
  // The caller names the schemas that have one.
  await boss.start().catch((error: unknown) => {
    if (!/is not installed/.test((error as Error).message)) throw error
  })
  return {
    check: () => checkQueues(sqlOf(boss), [queue]),
    letters: pgBossDeadLetters(boss, { queue, deadLetter }),
    forgetAll: (isIt) => pgBossForgetAll(boss, queue, deadLetter ?? deadLetterQueue(queue), isIt),
    client: { query: (text: string, values?: unknown[]) => boss.getDb?.().executeSql(text, values ?? []) },
    close: () => boss.stop({ graceful: false }).catch(() => undefined),
  }
}

export async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!/MODULE_NOT_FOUND/.test(String((error as NodeJS.ErrnoException).code))) throw error
    throw new UsageError(`This needs the package ${name}: npm install ${name}.`)
  }
}
