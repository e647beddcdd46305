import { forgetEffects } from '../engines/postgres/store.ts'
import { withTimeout } from '../lib/promises.ts'
import { shownError } from '../lib/words.ts'
import { installed } from './dead.ts'
import { exitCode, type ExitCode, type Io } from './shared/io.ts'
import { readArgs, UsageError } from './shared/usage.ts'

const options = { postgres: { type: 'string' }, table: { type: 'string' } } as const

/** A database that does not answer by then is out of reach, ms. */
const patienceMs = 60_000

/** Forgets the effects that events or verdicts had. */
export async function effects(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, options)
  const [action, ...ids] = positionals
  if (action !== 'forget' || ids.length === 0)
    throw new UsageError('effects takes forget, and the ids of events or verdicts.')
  const url = values.postgres ?? io.env['DATABASE_URL']
  if (url === undefined || !URL.canParse(url))
    throw new UsageError('Say where the effects are: --postgres <url>, or DATABASE_URL.')
  const { table } = values

  const boxed = await withTimeout(async () => {
    const { default: pg } = await installed('pg', () => import('pg'))
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      let forgotten = 0
      for (const id of ids) forgotten += await forgetEffects(client, id, { table })
      return forgotten
    } finally {
      await client.end().catch(() => undefined)
    }
  }, patienceMs)
  if (!('value' in boxed)) {
    if (boxed.error instanceof UsageError) throw boxed.error
    // Its text may hold an address with its password.
    io.err(`The database could not be asked: ${shownError(boxed.error)}.\n`)
    return exitCode.refused
  }
  io.out(`${boxed.value} forgotten. What they did stays: undo it. The next delivery of the verdict has its effect.\n`)
  return boxed.value > 0 ? exitCode.ok : exitCode.refused
}
