import { forgetEffects } from '../engines/postgres/store.ts'
import { asking, installed } from './dead.ts'
import { type Run, UsageError } from './shared/usage.ts'

/** Forgets the effects that events or verdicts had. */
export const run: Run<'effects'> = ({ values, positionals }, io) => {
  const [action, ...ids] = positionals
  if (action !== 'forget' || ids.length === 0)
    throw new UsageError('effects takes forget, and the ids of events or verdicts.')
  const { table, postgres: url = io.env['DATABASE_URL'] } = values
  if (url === undefined || !URL.canParse(url))
    throw new UsageError('Say where the effects are: --postgres <url>, or DATABASE_URL.')
  return asking(io, { says: 'The database could not be asked' }, async () => {
    const { default: pg } = await installed('pg', () => import('pg'))
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
    client.on('error', () => undefined)
    let forgotten = 0
    try {
      await client.connect()
      for (const id of ids) forgotten += await forgetEffects(client, id, { table })
    } finally {
      await client.end().catch(() => undefined)
    }
    io.out(`${forgotten} forgotten. What they did stays: undo it. The next delivery of the verdict has its effect.\n`)
    return forgotten > 0
  })
}
