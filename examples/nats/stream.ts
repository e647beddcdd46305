// NATS JetStream as an inbox: a stream on disk that keeps each event until a worker has handled it. nats-server.conf needs
//   max_payload: 4MB                       callbacks have up to 1.5 MB, and 1 MB is taken otherwise
//   jetstream: { sync_interval: always }    NATS 2.10; an event that was answered 200 may be lost with the machine otherwise
import { AckPolicy, connect, type JsMsg, nanos, RetentionPolicy, StorageType } from 'nats'
import type { Inbox, OnceStore, PartnerParams, SmileIdCallbacks } from 'express-smile-id'

const servers = process.env.NATS_URL ?? 'nats://127.0.0.1:4222'
const tries = 12
const dayMs = 24 * 60 * 60_000
/** A worker that is silent for longer is taken for dead. */
const ackWaitMs = 60_000

/** Receiver and workers open it alike. */
export async function openStream(name = 'smile-id') {
  const connection = await connect({ servers, timeout: 5_000, maxReconnectAttempts: -1, pingInterval: 5_000 })
  if ((connection.info?.max_payload ?? 0) < 4_000_000) console.error('NATS: set max_payload: 4MB in nats-server.conf')
  const manager = await connection.jetstreamManager()
  await manager.streams.add({
    name,
    subjects: [`${name}.event`, `${name}.dead`],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    // The same id again changes nothing for a day; the receiver's store knows it for longer.
    duplicate_window: nanos(dayMs),
  })
  const worker = {
    durable_name: 'worker',
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    filter_subject: `${name}.event`,
  }
  await manager.consumers.add(name, worker)
  return { name, connection, manager, stream: connection.jetstream(), close: () => connection.drain() }
}

export const natsInbox = ({
  name,
  stream,
}: Pick<Awaited<ReturnType<typeof openStream>>, 'name' | 'stream'>): Inbox => ({
  async add(message, context) {
    context?.signal.throwIfAborted()
    const { duplicate } = await stream.publish(`${name}.event`, JSON.stringify(message), {
      msgID: message.id,
      timeout: 5_000,
    })
    return duplicate ? 'known' : 'stored'
  },
})

/** NATS delivers a message again when no ack comes in time: `once` has it handled once. */
export async function work(
  callbacks: SmileIdCallbacks<PartnerParams>,
  once: OnceStore,
  { name = 'smile-id', pause = 30_000 } = {},
) {
  const { connection, stream } = await openStream(name)
  const consumer = await stream.consumers.get(name, 'worker')
  const messages = await consumer.consume({ max_messages: 10 })
  const underWay = new Set<Promise<void>>()
  const ended = (async () => {
    for await (const message of messages) {
      const handled = handle(message).finally(() => underWay.delete(handled))
      underWay.add(handled)
    }
  })()
  return {
    async close() {
      await messages.close()
      await ended
      await Promise.all(underWay)
      await connection.drain()
    },
  }

  async function handle(message: JsMsg) {
    const attempt = message.info.redeliveryCount
    const isLastTry = attempt >= tries
    const deserialize = () => message.json()
    const alive = setInterval(() => message.working(), ackWaitMs / 3)
    // The option onError of callbacks hears why an attempt failed.
    const isDone = await callbacks.dispatch(message.data, { once, attempt, isLastTry, deserialize }).then(
      () => true,
      () => false,
    )
    clearInterval(alive)
    if (isDone) return message.ack()
    if (!isLastTry) return message.nak(pause)
    // It stays in the stream until somebody looks at it.
    await stream.publish(`${name}.dead`, message.data).then(
      () => message.term(),
      () => message.nak(pause),
    )
  }
}
