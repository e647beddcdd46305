// RabbitMQ as an inbox: a durable queue, a confirm for each event that is stored, and a pause between tries.
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib'
import type { Inbox, OnceStore, PartnerParams, SmileIdCallbacks } from 'express-smile-id'

const url = process.env.AMQP_URL ?? 'amqp://127.0.0.1?heartbeat=10'
const tries = 12
const say = (error: Error) => console.error('RabbitMQ:', error.message)

/** Receiver and workers open it alike. `use` runs again after each reconnection. */
export async function openQueue({
  name = 'smile-id',
  pause = 30_000,
  use,
}: { name?: string; pause?: number; use?: (channel: ConfirmChannel) => Promise<unknown> } = {}) {
  let channel!: ConfirmChannel
  const connection = await connect(url, {
    timeout: 5_000,
    recovery: {
      initialMaxRetries: 0,
      async setup(model: ChannelModel) {
        // Until setup is done, errors of the new connection come to no other listener, and would end the process.
        model.on('error', say)
        channel = await model.createConfirmChannel()
        channel.on('error', say)
        await channel.assertQueue(`${name}-dead`, { durable: true })
        // A message that failed waits here, and goes back to the queue.
        await channel.assertQueue(`${name}-wait`, {
          durable: true,
          messageTtl: pause,
          deadLetterExchange: '',
          deadLetterRoutingKey: name,
        })
        await channel.assertQueue(name, { durable: true, deadLetterExchange: '', deadLetterRoutingKey: `${name}-wait` })
        await use?.(channel)
      },
    },
  })
  // The same errors once more.
  connection.on('error', () => undefined)
  return { name, connection, channel: () => channel, close: () => connection.close() }
}

/** Resolves once RabbitMQ has it on disk. While there is no connection it throws. */
const send = (channel: ConfirmChannel, queue: string, content: Buffer, messageId?: string) =>
  new Promise<void>((resolve, reject) => {
    channel.sendToQueue(queue, content, { persistent: true, messageId }, (error) => (error ? reject(error) : resolve()))
  })

export const rabbitInbox = ({ name, channel }: Awaited<ReturnType<typeof openQueue>>): Inbox => ({
  async add(message, context) {
    context?.signal.throwIfAborted()
    await send(channel(), name, Buffer.from(JSON.stringify(message)), message.id)
  },
})

/** RabbitMQ delivers a message again when a worker dies, or its connection, before the ack: `once` has it handled once. */
export async function work(
  callbacks: SmileIdCallbacks<PartnerParams>,
  once: OnceStore,
  { name = 'smile-id', pause }: { name?: string; pause?: number } = {},
) {
  const underWay = new Set<Promise<void>>()
  let stop: (() => Promise<unknown>) | undefined
  const { connection } = await openQueue({
    name,
    pause,
    async use(channel) {
      await channel.prefetch(10)
      const { consumerTag } = await channel.consume(name, (job) => {
        if (!job) return
        const handled = handle(channel, job).finally(() => underWay.delete(handled))
        underWay.add(handled)
      })
      stop = () => channel.cancel(consumerTag)
    },
  })
  return {
    async close() {
      await stop?.()
      await Promise.all(underWay)
      await connection.close()
    },
  }

  async function handle(channel: ConfirmChannel, job: ConsumeMessage) {
    const attempt = attemptOf(job, name)
    const isLastTry = attempt >= tries
    const deserialize = (content: unknown) => JSON.parse(String(content))
    // The option onError of callbacks hears why an attempt failed.
    const isDone = await callbacks.dispatch(job.content, { once, attempt, isLastTry, deserialize }).then(
      () => true,
      () => false,
    )
    try {
      if (!isDone && isLastTry) await send(channel, `${name}-dead`, job.content)
      if (isDone || isLastTry) channel.ack(job)
      else channel.nack(job, false, false)
    } catch (error) {
      // The connection is gone. RabbitMQ delivers the message again, on the next one.
      say(error as Error)
    }
  }
}

/** RabbitMQ counts how often a message left the queue unhandled. */
function attemptOf({ properties }: ConsumeMessage, name: string): number {
  const deaths: { queue: string; count: number }[] = properties.headers?.['x-death'] ?? []
  return 1 + (deaths.find(({ queue }) => queue === name)?.count ?? 0)
}
