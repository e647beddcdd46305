import type { DeadLetter, DeadLetters } from '../../inbox/dead-letters.ts'
import { failureName, withTimeout } from '../../lib/with-timeout.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { openBullmq, openPgBoss, type Opened } from './engines.ts'

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
/** An engine that does not answer by then is out of reach, ms. */
const patienceMs = 60_000

/** Lists the events whose handlers failed every time, has them handled again, or drops them. */
export async function dead(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, options)
  const action = actions.find((one) => one === positionals[0])
  const ids = positionals.slice(1)
  if (action === undefined) throw new UsageError('dead needs an action: list, redrive or drop.')
  if (action === 'list' && (ids.length > 0 || values.all)) throw new UsageError('dead list takes no event: it lists all.')
  if (action !== 'list' && (ids.length > 0) === (values.all === true)) throw new UsageError(`dead ${action} takes event ids, or --all.`)
  const opened = opener(values, io)

  const boxed = await withTimeout(async () => {
    const { letters, close } = await opened()
    try {
      return action === 'list' ? await list(letters, values.json === true, io) : await change(letters, action, values.all ? undefined : ids, io)
    } finally {
      await close()
    }
  }, patienceMs)
  if ('value' in boxed) return boxed.value
  if (boxed.failed === 'error' && boxed.error instanceof UsageError) throw boxed.error
  // Its text may hold an address with its password.
  io.err(`The engine could not be asked: ${failureName(boxed)}.\n`)
  return exitCode.refused
}

function opener({ redis, postgres, queue = 'smile-id', prefix, schema, 'dead-letter': deadLetter }: Record<string, string | boolean | undefined>, { env }: Io): () => Promise<Opened> {
  const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
  const urls = { redis: text(redis), postgres: text(postgres) }
  if (urls.redis !== undefined && urls.postgres !== undefined) throw new UsageError('dead takes --redis or --postgres, not both.')
  if (urls.redis === undefined && urls.postgres === undefined) Object.assign(urls, { redis: env['REDIS_URL'], postgres: env['DATABASE_URL'] })
  if ((urls.redis === undefined) === (urls.postgres === undefined)) throw new UsageError('Say where the queue is: --redis <url> for BullMQ, --postgres <url> for pg-boss, or REDIS_URL or DATABASE_URL.')
  const url = urls.redis ?? urls.postgres ?? ''
  if (!URL.canParse(url)) throw new UsageError(`--${urls.redis === undefined ? 'postgres' : 'redis'} has to be a URL.`)
  const where = { queue: String(queue), prefix: text(prefix), schema: text(schema), deadLetter: text(deadLetter) }
  return () => (urls.redis === undefined ? openPgBoss(url, where) : openBullmq(new URL(url), where))
}

async function list(letters: DeadLetters, asJson: boolean, io: Io): Promise<ExitCode> {
  const found = await letters.list()
  if (asJson) for (const letter of found) io.out(`${JSON.stringify(letter)}\n`)
  else io.out(found.length === 0 ? 'No event is dead.\n' : table(found))
  return exitCode.ok
}

function table(letters: readonly DeadLetter[]): string {
  const rows = [['EVENT', 'CODE', 'TRIES', 'AGE'], ...letters.map(({ id, code, attempts, age }) => [id, code, String(attempts ?? '?'), inWords(age)])]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('')
}

function inWords(ageMs: number): string {
  const minutes = Math.floor(ageMs / 60_000)
  if (minutes < 60) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`
}

/** Of these events, or of all. */
async function change(letters: DeadLetters, action: 'redrive' | 'drop', ids: readonly string[] | undefined, io: Io): Promise<ExitCode> {
  const wanted = ids ?? (await letters.list({ limit: 100_000 })).map(({ id }) => id)
  let changed = 0
  for (const id of wanted) changed += Number(await letters[action](id))
  io.out(`${changed} ${action === 'drop' ? 'dropped' : 'redriven'}${changed < wanted.length ? `; ${wanted.length - changed} not dead, or not there` : ''}\n`)
  return changed === wanted.length ? exitCode.ok : exitCode.refused
}
