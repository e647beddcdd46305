import { EffectError } from '../../errors.ts'
import { jobKey } from '../../events/id.ts'
import { sha256 } from '../../signature/sign.ts'
import { type ClientLike, countOf, hasState } from './client.ts'
import type { Outcome } from '../../types/names.ts'
import {
  type EffectKeys,
  type effectStatements,
  effectsTable,
  isReturn,
  readWords,
  type Word,
  withWord,
  wordOf,
} from './effects-table.ts'
import { broken, innerTransactions } from './savepoints.ts'

/** An event's statement about its job. */
export interface EarlierResult {
  /** As on that event. */
  readonly outcome: Outcome
  /** As on that event. */
  readonly final: boolean
  /** The time in its signature; of an event that came more than once, that of the first time. */
  readonly at: Date
  /** `id` of that event. */
  readonly eventId: string
}

/** The job of an event, as hex digits. */
export const jobOf = ({ delivery, jobId, verdictId }: EffectKeys): string =>
  sha256(delivery && jobId !== undefined ? jobKey(delivery.credential.partnerId, jobId) : verdictId).slice(0, 32)

/** One effect of one event. `act` runs the handler, unless the effect has happened before. */
export interface Effect {
  readonly name: string
  readonly per: 'verdict' | 'event'
  readonly id: string
  readonly event: EffectKeys
  /** Hex digits. */
  readonly job: string
  readonly table: string
  readonly sql: ReturnType<typeof effectStatements>
  readonly act: (client: ClientLike, earlier: readonly EarlierResult[]) => unknown
}

/** Inside a transaction, which the caller commits. */
export async function happen(
  client: ClientLike,
  { name, per, id, event, job, table, sql, act }: Effect,
): Promise<void> {
  const ask = (text: string, values?: unknown[]) =>
    client.query(text, values).catch((error: unknown) => Promise.reject(named(error, table)))
  // Postgres answers several statements at once: the rows of all of them together.
  const answers = [(await ask(sql.take(job))) as unknown].flat() as { rows?: object[] }[]
  const taken = Object.assign({}, ...answers.flatMap(({ rows = [] }) => rows)) as {
    lock_timeout: string
    xid: string
    said: unknown
  }
  const words = readWords(taken.said)
  const word = wordOf(event)
  const isNews = word !== undefined && !words.some(({ eventId }) => eventId === word.eventId)
  const found = await ask(sql.find, [name, per, id, taken.lock_timeout])
  countOf(found)
  const known = found.rows[0] as { id: string | null; recipient: string | null; event_id: string | null }
  if (known.id !== null && per === 'verdict') refuseConflict(event, known)
  const isAgain = per === 'verdict' && known.id !== null && isReturn(known.event_id, word, words)
  if (known.id !== null && !isAgain) {
    if (isNews) await ask(sql.say, [withWord(words, word), job])
    return
  }
  const isOurs = async () => countOf(await client.query(sql.isOurs, [taken.xid])) > 0
  const inner = innerTransactions(client)
  try {
    await act(inner.client, earlierOf(words, word, event.id))
    if (inner.open > 0) throw broken('the handler began a transaction and did not end it.')
  } catch (error) {
    // Where a statement has failed this one fails as well: the transaction is still there.
    if (!(await isOurs().catch(() => true)) || hasState(error, '25P01')) throw ended(error)
    throw error
  } finally {
    inner.end()
  }
  const keys = [name, per, id, event.recipientId ?? null, event.id]
  const said = isNews ? withWord(words, word) : taken.said
  const written = await client.query(sql.write, [...keys, taken.xid, isAgain, said, job]).catch((error: unknown) => {
    throw hasState(error, '25P02')
      ? broken('a statement of the handler failed, and the handler went on (SQLSTATE 25P02).', error)
      : named(error, table)
  })
  if (countOf(written) > 0) return
  if (!(await isOurs())) throw ended()
  // A process of an older version wrote the key meanwhile.
  throw Object.assign(new Error('The effect has happened meanwhile.'), { code: '40001' })
}

const ended = (cause?: unknown): EffectError =>
  broken(
    'the handler ended the transaction, so that what it did before may be committed and will be done once more (SQLSTATE 25P01). Leave BEGIN, COMMIT and ROLLBACK out of statements that are sent together.',
    cause,
  )

function refuseConflict(
  { id, recipientId }: EffectKeys,
  known: { recipient: string | null; event_id: string | null },
): void {
  if (known.recipient === null || recipientId === undefined || known.recipient === recipientId) return
  const other = known.event_id ?? undefined
  throw new EffectError(
    'verdict_conflict',
    `Event ${id} says of the job what had its effect for another recipient, by event ${other ?? '(unknown)'}. One of them is a forgery or a mistake. If it is the earlier one, undo its effect, then: npx express-smile-id effects forget ${other ?? ''}`.trim(),
    other,
  )
}

/** Another environment's job of the same id is another job. */
const earlierOf = (words: readonly Word[], word: Word | undefined, id: string): EarlierResult[] =>
  words
    .filter(({ eventId, environment }) => {
      const isSame = environment === undefined || [undefined, environment].includes(word?.environment)
      return eventId !== id && isSame
    })
    .map(({ outcome, final, at, eventId }) => ({ outcome, final, at: new Date(at), eventId }))

/** Errors of our own statements, with what to do about them. */
export function named(error: unknown, table: string): Error {
  if (hasState(error, '55P03'))
    return new EffectError(
      'job_busy',
      'Another event of the job held it for longer than lockTimeout (SQLSTATE 55P03). The delivery comes again.',
      undefined,
      { cause: error },
    )
  if (!hasState(error, '42703', '42P01', '42501')) return error as Error
  return new EffectError(
    'effects_table_outdated',
    `The table ${table} is not there, or lacks a column. Run, as its owner: ${effectsTable(table).replace(/\s+/g, ' ')}`,
    undefined,
    { cause: error },
  )
}
