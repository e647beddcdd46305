import { forgetCaptures } from '../capture/folder.ts'
import { postgresStore } from '../engines/postgres/store.ts'
import { redisStore } from '../engines/redis/store.ts'
import { forgetAll, type Forgotten, type Places, type Whose } from '../inbox/forget.ts'
import { asking, type Opened, openBullmq, openPgBoss } from './dead.ts'
import { exitCode, type ExitCode, type Io, jsonLine } from './shared/io.ts'
import { readArgs, UsageError, type Values } from './shared/usage.ts'

/** A queue may hold gigabytes, ms. */
const patienceMs = 3_600_000
const timeoutMs = 60_000

/** Deletes what queue, dead letters, store and captures hold of a job or a user. */
export function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = readArgs('forget', args)
  const { job: jobId, user: userId, captures } = values
  if ((jobId === undefined) === (userId === undefined))
    throw new UsageError('forget needs --job or --user, and not both.')
  const whose: Whose = jobId === undefined ? { userId: userId ?? '' } : { jobId }
  const open = serversOf(values, io)
  const failed = { says: 'Not all of it could be asked', then: ' Run it again.' }
  return asking(
    io,
    failed,
    async () => {
      const servers: Server[] = []
      try {
        for (const one of open) servers.push(await one())
        const found = await forgetAll(whose, {
          inboxes: servers.map((one) => one.forgetAll),
          stores: servers.map(({ store }) => ({ store, timeoutMs })),
          captures: captures === undefined ? [] : [(id) => forgetCaptures(captures, id)],
        })
        return say(found, values.json === true, io)
      } finally {
        for (const { close } of servers) await close()
      }
    },
    patienceMs,
  )
}

interface Server extends Pick<Opened, 'forgetAll' | 'close'> {
  readonly store: Places['stores'][number]['store']
}

function serversOf(values: Values<'forget'>, { env }: Io): (() => Promise<Server>)[] {
  const { queue = 'smile-id', prefix, schema, 'dead-letter': deadLetter, captures } = values
  const isSaid = values.redis !== undefined || values.postgres !== undefined || captures !== undefined
  const redis = isSaid ? values.redis : env['REDIS_URL']
  const postgres = isSaid ? values.postgres : env['DATABASE_URL']
  if ([redis, postgres, captures].every((one) => one === undefined))
    throw new UsageError('Say where to look: --redis <url>, --postgres <url> or --captures <folder>.')
  if ([redis, postgres].some((url) => url !== undefined && !URL.canParse(url)))
    throw new UsageError('--redis and --postgres must be URLs.')
  const where = { queue, prefix, schema, deadLetter }
  const servers: (() => Promise<Server>)[] = []
  if (redis !== undefined)
    servers.push(async () => {
      const opened = await openBullmq(new URL(redis), where)
      return { ...opened, store: redisStore(opened.client as never, { prefix: values['store-prefix'] }) }
    })
  if (postgres !== undefined)
    servers.push(async () => {
      const opened = await openPgBoss(postgres, where)
      return { ...opened, store: postgresStore(opened.client as never, { table: values.table, createTable: false }) }
    })
  return servers
}

function say(found: Forgotten, asJson: boolean, io: Io): ExitCode {
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
  return events.length + captures > 0 && underWay + unread === 0 ? exitCode.ok : exitCode.refused
}
