import { forgetCaptures } from '../capture/folder.ts'
import type { PoolLike } from '../engines/postgres/client.ts'
import { postgresStore } from '../engines/postgres/store.ts'
import { defaultTable, quotedName } from '../engines/postgres/table.ts'
import { redisStore } from '../engines/redis/store.ts'
import { forgetAll, type Forgotten, type Places, type Whose } from '../inbox/forget.ts'
import type { OnceStore } from '../once/store.ts'
import { asking, type Opened, serversOf } from './dead.ts'
import { type Io, jsonLine } from './shared/io.ts'
import { type Run, UsageError, type Values } from './shared/usage.ts'

/** A queue may hold gigabytes, ms. */
const patienceMs = 3_600_000
const timeoutMs = 60_000

/** Deletes what queue, dead letters, store and captures hold of a job or a user. */
export const run: Run<'forget'> = ({ values }, io) => {
  const { job: jobId, user: userId, captures } = values
  if ((jobId === undefined) === (userId === undefined))
    throw new UsageError('forget needs --job or --user, and not both.')
  const whose: Whose = jobId === undefined ? { userId: userId ?? '' } : { jobId }
  const open = opener(values, io)
  const failed = { says: 'Not all of it could be asked', then: ' Run it again.' }
  return asking(
    io,
    failed,
    async () => {
      const opened: Server[] = []
      const places = { inboxes: [] as Opened['forgetAll'][], stores: [] as Places['stores'][number][] }
      let missing: unknown
      try {
        for (const one of open) {
          const server = await one()
          opened.push(server)
          // One server may have the queue, and another one the store.
          await server.check().then(
            () => places.inboxes.push(server.forgetAll),
            (error: unknown) => (missing ??= error),
          )
          const store = await server.store()
          if (store) places.stores.push({ store, timeoutMs })
        }
        if (opened.length > 0 && places.inboxes.length === 0) throw missing as Error
        const forgets = captures === undefined ? [] : [(id: string) => forgetCaptures(captures, id)]
        return say(await forgetAll(whose, { ...places, captures: forgets }), values.json === true, io)
      } finally {
        for (const { close } of opened) await close()
      }
    },
    patienceMs,
  )
}

interface Server extends Pick<Opened, 'check' | 'forgetAll' | 'close'> {
  /** Undefined where there is none. */
  readonly store: () => OnceStore | undefined | Promise<OnceStore | undefined>
}

function opener(values: Values<'forget'>, { env }: Io): (() => Promise<Server>)[] {
  const { redis, postgres, captures } = values
  const isSaid = [redis, postgres, captures].some((one) => one !== undefined)
  const servers = serversOf(values, isSaid ? {} : env)
  if (servers.length === 0 && captures === undefined)
    throw new UsageError('Say where to look: --redis <url>, --postgres <url> or --captures <folder>.')
  if (!servers.every(({ url }) => URL.canParse(url))) throw new UsageError('--redis and --postgres must be URLs.')
  return servers.map(({ option, open }) => async () => {
    const opened = await open()
    const store = () =>
      option === 'redis'
        ? redisStore(opened.client as never, { prefix: values['store-prefix'] })
        : storeIn(opened.client as PoolLike, values.table)
    return { ...opened, store }
  })
}

async function storeIn(pool: PoolLike, table: string | undefined): Promise<OnceStore | undefined> {
  const { rows } = await pool.query('SELECT WHERE to_regclass($1) IS NOT NULL', [quotedName(table ?? defaultTable)])
  if (rows.length > 0) return postgresStore(pool, { table, createTable: false })
  if (table !== undefined) throw new UsageError(`There is no table ${table}.`)
  return undefined
}

function say(found: Forgotten, asJson: boolean, io: Io): boolean {
  const { events, waiting, dead, kept, claims, captures, underWay, unread } = found
  const some = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  if (asJson) io.out(jsonLine(found))
  else {
    io.out(
      `${some(events.length, 'event')}: ${waiting} waiting, ${dead} dead, ${kept} kept; ${some(claims, 'claim')}, ${some(captures, 'capture')} removed.\n`,
    )
    if (underWay > 0) io.out(`${underWay} under way in a worker, not removed: run it again.\n`)
    if (unread > 0)
      io.out(`${some(unread, 'message')} could not be read: serialize wrote them. Use callbacks.forget.\n`)
  }
  return events.length + captures > 0 && underWay + unread === 0
}
