import type { InboxMessage } from './message.ts'

/**
 * Takes events to be handled by a worker later. `add` resolves once the message is stored durably, and rejects
 * otherwise: then the delivery is answered 503 and comes again. The same `id` again has to change nothing.
 */
export interface Inbox {
  /** Stores the message. */
  add(message: InboxMessage): Promise<unknown>
  /** Longest time for `add` and for `forget`, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
  /** Drops a message that is not being handled, so that the same id is taken again: for `callbacks.forget`. */
  forget?(id: string): Promise<unknown>
}
