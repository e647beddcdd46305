import { checkMethods, checkOptions, type ChecksOf, nonEmptyString } from '../../lib/check.ts'
import { uuid } from '../../inbox/message.ts'
import { type DeadLetter, type DeadLetters, deadLettersOf, makeDeadLetter } from '../../inbox/dead-letters.ts'
import type { PgBossLike } from './like.ts'
import { deadLetterQueue } from './queue.ts'
import { anew, checkQueues, jobTables, sqlOf } from './sql.ts'

/** Options of `deadLetters`. */
export interface PgBossDeadLettersOptions {
  /** The queue from which they come. Default: `smile-id`. */
  queue?: string | undefined
  /** The dead-letter queue. Default: `<queue>-dead`. */
  deadLetter?: string | undefined
  /** pg-boss's schema. Default: the one that `boss` was created with. */
  schema?: string | undefined
}

const checks = {
  queue: nonEmptyString('smile-id', 'inbox_invalid'),
  deadLetter: nonEmptyString(undefined, 'inbox_invalid'),
  schema: nonEmptyString(undefined, 'inbox_invalid'),
} satisfies ChecksOf<PgBossDeadLettersOptions>

/** A job in the dead-letter queue, and the failed job that it is a copy of, if it still exists. */
interface Row {
  deadId: string
  /** The event's id; null in another application's job. */
  eventId: string | null
  createdOn: Date
  output: unknown
  tries: number | null
}

/**
 * Lists and retries the dead letters of pg-boss 10, 11 or 12. pg-boss copies them into a queue of their own, and keeps
 * the failed job beside it for some days.
 * @example
 * import { deadLetters } from 'express-smile-id/pg-boss'
 *
 * for (const { id, code } of await deadLetters(boss).list()) console.log(id, code)
 * @throws SmileIdConfigError `inbox_invalid` if it gets something other than a started PgBoss, or options that cannot
 * work
 */
export function deadLetters(boss: PgBossLike, options?: PgBossDeadLettersOptions): DeadLetters {
  const { queue, deadLetter, schema } = checkOptions(options, checks)
  checkMethods(boss, ['getDb'], 'inbox_invalid', 'deadLetters takes a started PgBoss of the package pg-boss')
  const dead = deadLetter ?? deadLetterQueue(queue)
  const sql = sqlOf(boss, schema)
  const { ask } = sql
  const jobs = `${sql.schema}.job`
  const exist = () => checkQueues(sql, [queue, dead])

  const rows = (where: string, values: unknown[], limit: number) =>
    ask<Row>(
      `SELECT d.id AS "deadId", ${eventIdIn('d')} AS "eventId", d.created_on AS "createdOn", coalesce(s.output, d.output) AS output, s.retry_count + (s.started_on IS NOT NULL)::int AS tries
       FROM ${jobs} d LEFT JOIN ${jobs} s ON s.name = $2 AND s.state = 'failed' AND replace(s.id::text, '-', '') = ${eventIdIn('d')}
       WHERE d.name = $1 AND d.state < 'active' ${where} ORDER BY d.created_on, d.id LIMIT ${limit}`,
      [dead, queue, ...values],
    )

  // One statement: a second caller finds nothing that failed, and no letter goes without its event.
  const revive = async (id: string, deadId?: string): Promise<boolean> => {
    const [done] = await ask<{ revived: boolean }>(
      `WITH revived AS (
         UPDATE ${jobs} SET ${anew}, retry_count = 0,
           retry_limit = coalesce((SELECT retry_limit FROM ${sql.schema}.queue WHERE name = $1), retry_limit)
         WHERE name = $1 AND id = $2 AND state = 'failed' RETURNING id
       ), gone AS (DELETE FROM ${jobs} WHERE name = $3 AND id = $4 AND EXISTS (SELECT FROM revived))
       SELECT count(*) > 0 AS revived FROM revived`,
      [queue, id, dead, deadId ?? null],
    )
    return done?.revived === true
  }

  // If pg-boss has dropped the failed job already, its copy goes back. The id keeps it from running twice.
  const putBack = async (id: string, deadId: string): Promise<boolean> => {
    const [copy] = await ask<{ data: object }>(`SELECT data FROM ${jobs} WHERE name = $1 AND id = $2`, [dead, deadId])
    const isBack = copy !== undefined && (await boss.send(queue, copy.data, { id })) !== null
    if (isBack || (await boss.getJobById(queue, id)) !== null) await boss.deleteJob(dead, deadId)
    return isBack
  }

  return deadLettersOf({
    async list(limit) {
      await exist()
      return (await rows('', [], limit)).map(deadLetterOf)
    },
    async count() {
      await exist()
      const [found] = await ask<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${jobs} WHERE name = $1 AND state < 'active'`,
        [dead],
      )
      return found?.count ?? 0
    },
    async redrive(eventId) {
      await exist()
      const isOne = eventId !== undefined
      const found = isOne
        ? await rows(`AND ${isOf('d', 3)}`, [uuid(eventId), eventId], mostRows)
        : await rows('', [], mostRows)
      let redriven = isOne && found.length === 0 && (await revive(uuid(eventId))) ? 1 : 0
      for (const { deadId, eventId: event } of found) {
        const id = uuid(event ?? deadId)
        if ((await revive(id, deadId)) || (await putBack(id, deadId))) redriven += 1
      }
      return redriven
    },
    async drop(eventId) {
      await exist()
      let gone = 0
      for (const table of await jobTables(sql))
        gone += (
          await ask(
            `DELETE FROM ${table} j WHERE (j.name = $1 AND j.id::text = $3 AND j.state = 'failed' OR j.name = $2 AND ${isOf('j', 3)}) RETURNING id`,
            [queue, dead, uuid(eventId), eventId],
          )
        ).length
      return gone > 0
    },
  })
}

const mostRows = 100_000

const eventIdIn = (alias: string): string => `${alias}.data->>'id'`

/** True for the event's dead letter, or the one with that id itself. `$n` is the event's uuid, `$n+1` its id. */
const isOf = (alias: string, n: number): string =>
  `(${eventIdIn(alias)} = $${n + 1} OR ${alias}.id::text IN ($${n}, $${n + 1}))`

function deadLetterOf({ deadId, eventId, createdOn, output, tries }: Row): DeadLetter {
  const { code, attempts, value } = (output ?? {}) as {
    code?: unknown
    attempts?: number
    value?: { message?: string }
  }
  const isExpired = /timed out|timeout/.test(value?.message ?? '')
  return makeDeadLetter(
    eventId ?? deadId,
    typeof code === 'string' ? code : isExpired ? 'expired' : 'unknown',
    createdOn,
    attempts ?? tries ?? undefined,
  )
}
