import { SmileIdConfigError, SmileIdError } from '../errors.ts'
import { checkOptions, type ChecksOf, nonEmptyString } from '../lib/check.ts'
import { withTimeout } from '../lib/promises.ts'
import { shownError } from '../lib/words.ts'
import { dispatchKey, verdictKey } from '../once/claim.ts'
import type { OnceConfig } from '../once/store.ts'
import type { InboxConfig } from './enqueue.ts'
import type { Removed } from './inbox.ts'
import { contentOf, type DeserializeOption, type InboxMessage, readMessage, storedId } from './message.ts'

/** The job or the user whose data is to go. */
export type Whose = { readonly jobId: string } | { readonly userId: string }

/** Counts of what was found of a job or a user. Never the data itself. */
export interface Forgotten {
  /** Ids of the events that were removed. */
  events: string[]
  /** Messages removed that no worker had begun, those between two attempts included. */
  waiting: number
  /** Dead letters removed. */
  dead: number
  /** Messages of handled events that the engine still kept, removed. */
  kept: number
  /** Events that the store knew, and knows no more. */
  claims: number
  /** Files of `captureRefused` removed; masked ones name no person. */
  captures: number
  /** Found and not removed: a worker is handling them. Call again. */
  underWay: number
  /** Not removed, of any job: stored by `serialize`, and `deserialize` is missing or failed. */
  unread: number
}

/** Where the data of a job or a user may be. */
export interface Places {
  readonly inboxes: readonly ((isIt: (stored: unknown) => Promise<boolean>) => Promise<Removed>)[]
  readonly stores: readonly Pick<OnceConfig, 'store' | 'timeoutMs'>[]
  readonly captures: readonly ((id: string) => Promise<number>)[]
}

const whoseChecks = { jobId: nonEmptyString(undefined), userId: nonEmptyString(undefined) } satisfies ChecksOf<{
  jobId: string
  userId: string
}>

/** Drops all that inbox, store and captures hold of a job or a user. */
export async function forgetAll(whose: Whose, places: Places, options: DeserializeOption = {}): Promise<Forgotten> {
  const { jobId, userId } = checkOptions(whose, whoseChecks, { required: true, whole: 'The argument of forget' })
  const id = jobId ?? userId
  if (id === undefined || (jobId !== undefined && userId !== undefined))
    throw new SmileIdConfigError('options_invalid', 'forget takes an event id, { jobId } or { userId }.')
  const verdicts = new Map<string, string>()
  let unread = 0
  const isIt = async (stored: unknown): Promise<boolean> => {
    const message = await messageIn(stored, options)
    if (!message && storedId(stored) !== undefined) unread += 1
    if (!message || !isOf(message, jobId, userId)) return false
    verdicts.set(message.id, message.event['verdictId'] as string)
    return true
  }
  const removed: Removed[] = []
  for (const drop of places.inboxes) removed.push(await drop(isIt))
  const found = (state: keyof Removed) => removed.flatMap((one) => one[state])
  const events = [...new Set([...found('waiting'), ...found('dead'), ...found('kept')])]
  let claims = 0
  for (const event of events) {
    const known = await Promise.all(places.stores.map((one) => forgetIn(one, [event, verdicts.get(event) ?? event])))
    claims += Number(known.includes(true))
  }
  let captures = 0
  for (const drop of places.captures) captures += await drop(id)
  return {
    events,
    waiting: found('waiting').length,
    dead: found('dead').length,
    kept: found('kept').length,
    claims,
    captures,
    underWay: found('underWay').length,
    unread,
  }
}

async function messageIn(stored: unknown, { deserialize }: DeserializeOption): Promise<InboxMessage | undefined> {
  const boxed = await withTimeout(() => (deserialize ? deserialize(contentOf(stored)) : stored), readMs)
  return 'value' in boxed ? readMessage(boxed.value) : undefined
}

/** How long `deserialize` may take for one message, ms. */
const readMs = 10_000

function isOf({ event, partnerParams }: InboxMessage, jobId: string | undefined, userId: string | undefined): boolean {
  const ids =
    jobId === undefined
      ? [event['userId'], partnerParams['user_id']]
      : [event['jobId'], event['smileJobId'], partnerParams['job_id']]
  return ids.some((one) => (typeof one === 'number' ? String(one) : one) === (jobId ?? userId))
}

/**
 * Drops all that is known of an event or a verdict: first in the inbox, which would otherwise refuse it, then in the
 * store.
 */
export async function forget(id: string, once: OnceConfig, config: InboxConfig | undefined): Promise<boolean> {
  if (config) await inTime('inbox', async () => config.inbox.forget?.(id), config.timeoutMs)
  return forgetIn(once, [id])
}

/** In the store: the keys of events and verdicts, those of workers included. */
async function forgetIn({ store, timeoutMs }: Places['stores'][number], ids: readonly string[]): Promise<boolean> {
  const keys = [...new Set(ids)].flatMap((id) => [id, verdictKey(id), dispatchKey(id)])
  const known = await Promise.all(keys.map((key) => inTime('store', () => store.forget(key), timeoutMs)))
  return known.includes(true)
}

async function inTime<T>(name: string, act: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const boxed = await withTimeout(act, timeoutMs)
  if ('value' in boxed) return boxed.value
  throw new SmileIdError(`express-smile-id: the ${name} could not forget the event: ${shownError(boxed.error)}.`, {
    cause: boxed.error,
  })
}
