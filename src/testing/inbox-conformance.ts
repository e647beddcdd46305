import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Inbox, isInboxAnswer } from '../inbox/inbox.ts'
import { type InboxMessage, readMessage, toMessage } from '../inbox/message.ts'
import { callback, checkOptions, type ChecksOf, demand, flag } from '../lib/check.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { ConformanceCase } from './store-conformance.ts'

export type { ConformanceCase } from './store-conformance.ts'

/** An inbox, and the worker's end of its queue. */
export interface InboxUnderTest {
  /** The inbox, attached to an empty queue. */
  readonly inbox: Inbox
  /**
   * Takes the next message from the queue, as a worker gives it to `callbacks.dispatch`, and acknowledges it; undefined
   * if there is none.
   */
  readonly take: () => Promise<unknown>
}

/** Access to the inbox under test. */
export interface InboxConformanceSetup {
  /** Opens an inbox on an empty queue of its own. */
  readonly open: () => InboxUnderTest | Promise<InboxUnderTest>
  /**
   * True if an id that was stored before is not stored again. Without it give the workers' `dispatch` a store: `{ once:
   * store }`. Default: true.
   */
  readonly knowsIds?: boolean | undefined
}

const checks = {
  open: callback<InboxConformanceSetup['open']>('inbox_invalid'),
  knowsIds: flag(true),
} satisfies ChecksOf<InboxConformanceSetup>

/**
 * The requirements of every inbox, as cases for any test runner.
 * @example
 * import { inboxConformance } from 'express-smile-id/inbox-conformance'
 *
 * const inbox = { add: () => Promise.resolve() }   // yours, and how its worker takes a message
 * const open = () => ({ inbox, take: () => Promise.resolve(undefined) })
 * for (const { name, run } of inboxConformance({ open })) test(name, run)
 * @throws SmileIdConfigError for a setup that cannot work
 */
export function inboxConformance(setup: InboxConformanceSetup): ConformanceCase[] {
  const { open, knowsIds } = checkOptions(setup, checks)
  demand(open, 'inbox_invalid', 'inboxConformance needs open, a function that returns the inbox to test.')
  const requires = (name: string, run: (under: InboxUnderTest) => Promise<void>): ConformanceCase => ({
    name,
    run: async () => run(await open()),
  })
  return [
    requires('what was added is taken once, as it was', async ({ inbox, take }) => {
      const message = messageOf({ note: 'plain' })
      await inbox.add(message)
      same(await take(), message)
      assert.equal(await take(), undefined, 'the message was there twice')
    }),
    requires('any JSON is kept: NUL, half characters, -0, numbers without end, 1.5 MB', async ({ inbox, take }) => {
      const odd = JSON.parse(String.raw`{"nul":"a\u0000b","half":"\ud800","zero":-0,"huge":1e400,"é":"Ọ"}`) as object
      for (const payload of [odd, { photo: 'A'.repeat(1_500_000) }]) {
        const message = messageOf(payload)
        await inbox.add(message)
        same(await take(), message)
      }
    }),
    requires('50 at once all arrive', async ({ inbox, take }) => {
      const messages = Array.from({ length: 50 }, (_, n) => messageOf({ n }))
      await Promise.all(messages.map((message) => inbox.add(message)))
      const taken = new Set<string | undefined>()
      for (let n = 0; n < messages.length; n += 1) taken.add(readMessage(await take())?.id)
      assert.deepEqual([...taken].sort(), messages.map(({ id }) => id).sort())
    }),
    requires('what nobody waits for any more is not stored', async ({ inbox, take }) => {
      await assert.rejects(async () => inbox.add(messageOf({}), { signal: AbortSignal.abort() }))
      assert.equal(await take(), undefined, 'it was stored')
    }),
    ...(knowsIds
      ? [
          requires('the same id again changes nothing, also once it was taken', async ({ inbox, take }) => {
            const message = messageOf({})
            await inbox.add(message)
            assert.notEqual(await inbox.add(message), 'stored', 'the second was stored')
            same(await take(), message)
            await inbox.add(message)
            assert.equal(await take(), undefined, 'it was stored again')
          }),
        ]
      : []),
    requires('revisit, if there is one, knows what was stored and nothing else', async ({ inbox }) => {
      if (!inbox.revisit) return
      const message = messageOf({})
      assert.ok(!isInboxAnswer(await inbox.revisit(message.id)), 'it knows an id that was never stored')
      await inbox.add(message)
      assert.equal(await inbox.revisit(message.id), 'known')
    }),
    requires('forget, if there is one, drops a message, and its id is taken again', async ({ inbox, take }) => {
      if (!inbox.forget) return
      const message = messageOf({})
      await inbox.add(message)
      await inbox.forget(message.id)
      assert.equal(await take(), undefined, 'it was still there')
      await inbox.add(message)
      same(await take(), message)
    }),
  ]
}

function same(taken: unknown, message: InboxMessage): void {
  assert.deepEqual({ ...readMessage(taken) }, { ...message })
}

/** A message as a receiver makes it, of an event of its own. */
function messageOf(payload: object): InboxMessage {
  const id = randomBytes(16).toString('hex')
  const now = new Date()
  const delivery = { generation: 'v1', origin: 'callback', signedAt: now, receivedAt: now, unconfirmed: [] }
  const event = { id, kind: 'result', product: 'biometric_kyc', outcome: 'approved', jobId: 'job-1', payload, delivery }
  return toMessage(event as unknown as SmileIdEvent<unknown>, { job_id: 'job-1' })
}
