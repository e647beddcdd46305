import { deadLetters as bullmqDeadLetters } from '../engines/bullmq/dead.ts'
import { checkQueue } from '../engines/bullmq/failed.ts'
import { forgetAll as bullmqForgetAll } from '../engines/bullmq/forget.ts'
import { type BullmqQueueLike, clientOf } from '../engines/bullmq/like.ts'
import { forgetAll as pgBossForgetAll } from '../engines/pg-boss/forget.ts'
import { deadLetterQueue } from '../engines/pg-boss/queue.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { DeadLetter, DeadLetters } from '../inbox/dead-letters.ts'
import { deadLetters as pgBossDeadLetters, type PgBossLike } from '../engines/pg-boss/inbox.ts'
import { withTimeout } from '../lib/promises.ts'
import { duration, shownError } from '../lib/words.ts'
import { exitCode, type ExitCode, type Io, table } from './shared/io.ts'
import { readArgs, UsageError } from './shared/usage.ts'

const options = {
  redis: { type: 'string' },
  postgres: { type: 'string' },
  queue: { type: 'string' },
  'dead-letter': { type: 'string' },
  prefix: { type: 'string' },
  schema: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

const actions = ['list', 'redrive', 'drop'] as const
/** Time limit for the engine, ms. */
const patienceMs = 60_000

/** Lists, redrives or drops the events whose handlers failed on every attempt. */
export async function dead(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, options)
  const action = actions.find((one) => one === positionals[0])
  const ids = positionals.slice(1)
  if (action === undefined) throw new UsageError('dead needs an action: list, redrive or drop.')
  if (action === 'list' && (ids.length > 0 || values.all))
    throw new UsageError('dead list takes no event: it lists all.')
  if (action !== 'list' && ids.length > 0 === (values.all === true))
    throw new UsageError(`dead ${action} takes event ids, or --all.`)
  const opened = opener(values, io)

  const boxed = await withTimeout(async () => {
    const { letters, close } = await opened()
    try {
      return action === 'list'
        ? await list(letters, values.json === true, io)
        : await change(letters, action, values.all ? undefined : ids, io)
    } finally {
      await close()
    }
  }, patienceMs)
  if ('value' in boxed) return boxed.value
  if (boxed.failed === 'error' && boxed.error instanceof UsageError) throw boxed.error
  // The message may hold a URL with its password.
  io.err(`The engine could not be asked: ${shownError(boxed.error)}.\n`)
  return exitCode.refused
}

function opener(
  {
    redis,
    postgres,
    queue = 'smile-id',
    prefix,
    schema,
    'dead-letter': deadLetter,
  }: Record<string, string | boolean | undefined>,
  { env }: Io,
): () => Promise<Opened> {
  const text = (value: string | boolean | undefined): string | undefined =>
    typeof value === 'string' ? value : undefined
  const urls = { redis: text(redis), postgres: text(postgres) }
  if (urls.redis !== undefined && urls.postgres !== undefined)
    throw new UsageError('dead takes --redis or --postgres, not both.')
  if (urls.redis === undefined && urls.postgres === undefined)
    Object.assign(urls, { redis: env['REDIS_URL'], postgres: env['DATABASE_URL'] })
  if ((urls.redis === undefined) === (urls.postgres === undefined))
    throw new UsageError(
      'Say where the queue is: --redis <url> for BullMQ, --postgres <url> for pg-boss, or REDIS_URL or DATABASE_URL.',
    )
  const url = urls.redis ?? urls.postgres ?? ''
  if (!URL.canParse(url)) throw new UsageError(`--${urls.redis === undefined ? 'postgres' : 'redis'} must be a URL.`)
  const where = { queue: String(queue), prefix: text(prefix), schema: text(schema), deadLetter: text(deadLetter) }
  return () => (urls.redis === undefined ? openPgBoss(url, where) : openBullmq(new URL(url), where))
}

async function list(letters: DeadLetters, asJson: boolean, io: Io): Promise<ExitCode> {
  const found = await letters.list()
  if (asJson) for (const letter of found) io.out(`${JSON.stringify(letter)}\n`)
  else
    io.out(found.length === 0 ? 'No event is dead.\n' : table([['EVENT', 'CODE', 'TRIES', 'AGE'], ...found.map(rowOf)]))
  return exitCode.ok
}

const rowOf = ({ id, code, attempts, age }: DeadLetter): string[] => [id, code, String(attempts ?? '?'), duration(age)]

/** Redrives or drops these events, or all. */
async function change(
  letters: DeadLetters,
  action: 'redrive' | 'drop',
  ids: readonly string[] | undefined,
  io: Io,
): Promise<ExitCode> {
  const wanted = ids ?? (await letters.list({ limit: 100_000 })).map(({ id }) => id)
  let changed = 0
  for (const id of wanted) changed += Number(await letters[action](id))
  io.out(
    `${changed} ${action === 'drop' ? 'dropped' : 'redriven'}${changed < wanted.length ? `; ${wanted.length - changed} not dead, or not there` : ''}\n`,
  )
  return changed === wanted.length ? exitCode.ok : exitCode.refused
}

/** The dead letters of a queue, with a function that closes the connection. */
export interface Opened {
  letters: DeadLetters
  /** Of the whole queue. */
  forgetAll: NonNullable<Inbox['forgetAll']>
  /** What a store on the same server takes. */
  client: unknown
  close: () => Promise<unknown>
}

/** The queue, and its place in the engine. */
export interface Where {
  queue: string
  deadLetter: string | undefined
  prefix: string | undefined
  schema: string | undefined
}

export async function openBullmq(url: URL, { queue, prefix }: Where): Promise<Opened> {
  const { Queue } = await installed('bullmq', () => import('bullmq'))
  const connection = {
    host: url.hostname,
    port: Number(url.port || 6379),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.pathname.length > 1 && { db: Number(url.pathname.slice(1)) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
    maxRetriesPerRequest: 1,
    retryStrategy: (tries: number) => (tries > 2 ? null : 200),
  }
  const options = { connection, skipVersionCheck: true, skipMetasUpdate: true, ...(prefix !== undefined && { prefix }) }
  const opened = new Queue(queue, options)
  opened.on('error', () => undefined)
  await checkQueue(opened as BullmqQueueLike, queue, prefix).catch(async (error: unknown) => {
    await opened.close().catch(() => undefined)
    throw error
  })
  return {
    letters: bullmqDeadLetters(opened as BullmqQueueLike),
    forgetAll: (isIt) => bullmqForgetAll(opened as BullmqQueueLike, isIt),
    client: await clientOf(opened),
    close: () => opened.close().catch(() => undefined),
  }
}

interface Boss extends PgBossLike {
  on(event: 'error', listener: () => void): unknown
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
}

export async function openPgBoss(url: string, { queue, deadLetter, schema }: Where): Promise<Opened> {
  const found: unknown = await installed('pg-boss', () => import('pg-boss'))
  // Named export from version 12 on.
  const { PgBoss, default: whole } = found as {
    PgBoss?: new (options: object) => Boss
    default?: new (options: object) => Boss
  }
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
