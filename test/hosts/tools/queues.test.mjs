import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../../dist/index.js'
import { inboxConformance } from '../../../dist/inbox-conformance.js'
import { redisStore } from '../../../dist/redis.js'
import { sample, signDelivery } from '../../../dist/testing.js'
import { cuttingProxy } from '../../support/cutting-proxy.ts'
import { ownNats, ownRabbit, queueServers } from '../../support/own-servers.mjs'
import { deleteKeys, redisAnswers, redisUrl, runId } from '../../support/services.ts'
import { runDemo } from '../../examples/run.ts'

// Queues that deliver at least once, each as its example has it, against the real server.

const credential = { partnerId: '085', apiKey: 'key-of-a-test' }
const redis = await redisAnswers()
const later = { timeout: 60_000, interval: 200 }

const queues = {
  rabbitmq: {
    has: queueServers.rabbit,
    start: ownRabbit,
    variable: 'AMQP_URL',
    knowsIds: false,
    async load() {
      const { openQueue, rabbitInbox, work } = await import('../../../examples/rabbitmq/queue.ts')
      return {
        work,
        async open(name) {
          const queue = await openQueue({ name, pause: 200 })
          const take = async () => {
            const job = await queue.channel().get(name)
            if (job === false) return undefined
            queue.channel().ack(job)
            return JSON.parse(job.content.toString())
          }
          return { inbox: rabbitInbox(queue), take, close: queue.close }
        },
        /** A worker that handles a message, and whose connection is gone before it says so. */
        async takeAndDie(name, handle) {
          const { connection, channel } = await openQueue({ name, pause: 200 })
          const job = await channel().get(name)
          await handle(JSON.parse(job.content.toString()))
          await connection.close()
        },
        dead: async (name) => {
          const { channel, close } = await openQueue({ name, pause: 200 })
          const { messageCount } = await channel().checkQueue(`${name}-dead`)
          await close()
          return messageCount
        },
      }
    },
  },
  nats: {
    has: queueServers.nats,
    start: ownNats,
    variable: 'NATS_URL',
    knowsIds: true,
    async load() {
      const { natsInbox, openStream, work } = await import('../../../examples/nats/stream.ts')
      return {
        work,
        async open(name) {
          const stream = await openStream(name)
          const consumer = await stream.stream.consumers.get(name, 'worker')
          const take = async () => {
            const message = await consumer.next({ expires: 1_000 })
            await message?.ackAck()
            return message?.json()
          }
          return { inbox: natsInbox(stream), take, close: stream.close }
        },
        async takeAndDie(name, handle) {
          const { stream, close } = await openStream(name)
          const message = await (await stream.consumers.get(name, 'worker')).next({ expires: 5_000 })
          await handle(message.json())
          // As after a minute of silence.
          message.nak()
          await close()
        },
        dead: async (name) => {
          const { manager, close } = await openStream(name)
          const { state } = await manager.streams.info(name, { subjects_filter: `${name}.dead` })
          await close()
          return state.subjects?.[`${name}.dead`] ?? 0
        },
      }
    },
  },
}

describe.each(Object.entries(queues))(
  'the queue of examples/%s',
  (example, { has, start, variable, knowsIds, load }) => {
    describe.skipIf(!has() || !redis)('on its own server', () => {
      let server
      let queue
      let client
      let count = 0
      const opened = []
      const open = async (name = `${runId}-${(count += 1)}`) => {
        const one = { name, ...(await queue.open(name)) }
        opened.push(one)
        return one
      }
      beforeAll(async () => {
        server = await start()
        process.env[variable] = server.url
        queue = await load()
        client = new Redis(redisUrl)
      })
      afterAll(async () => {
        await Promise.all(opened.map((one) => one.close().catch(() => undefined)))
        await deleteKeys(client, runId)
        await client.quit()
        await server.remove()
      })

      it.each(inboxConformance({ open: () => open(), knowsIds }).map(({ name, run }) => [name, run]))(
        '%s',
        (_name, run) => run(),
      )

      it('says what its expected.txt has', async () => {
        expect(await runDemo(example, { [variable]: server.url })).toBe(
          readFileSync(new URL(`../../../examples/${example}/expected.txt`, import.meta.url), 'utf8'),
        )
      })

      /** A receiver and its workers, which fail as often as asked. */
      const receiving = async (options) => {
        const { name, inbox } = await open()
        const handler = vi.fn(async () => {
          if (handler.mock.calls.length <= (options?.failures ?? 0)) throw new Error('no')
        })
        const callbacks = smileIdCallbacks({ credentials: credential, logger: false, inbox })
        callbacks.onAny(handler)
        const store = redisStore(client, { prefix: `${name}:` })
        const payload = sample('document_verification', 'approved')
        const deliver = async (job = name) => {
          const delivery = signDelivery({ credential, payload, jobId: job })
          return (await callbacks.receive({ method: 'POST', ...delivery, clientIp: '34.240.137.52' })).status
        }
        return {
          name,
          callbacks,
          handler,
          store,
          deliver,
          work: () => queue.work(callbacks, store, { name, pause: 200 }),
        }
      }

      it('handles an event once, though a worker dies between its handler and the ack', async () => {
        const { name, callbacks, handler, store, deliver } = await receiving()
        expect(await deliver()).toBe(200)
        await queue.takeAndDie(name, (message) => callbacks.dispatch(message, { once: store }))
        expect(handler).toHaveBeenCalledTimes(1)
        const reports = []
        const dispatch = async (...args) => {
          const report = await callbacks.dispatch(...args)
          reports.push(report.code)
          return report
        }
        const worker = await queue.work({ dispatch }, store, { name, pause: 200 })
        await vi.waitFor(() => expect(reports).toEqual(['duplicate']), later)
        await worker.close()
        expect(handler).toHaveBeenCalledTimes(1)
        expect(await deliver()).toBe(200)
      })

      it('puts an event among the dead letters after twelve failures, and never before', async () => {
        const { name, handler, deliver, work } = await receiving({ failures: 12 })
        const worker = await work()
        expect(await deliver()).toBe(200)
        await expect.poll(() => queue.dead(name), later).toBe(1)
        expect(handler).toHaveBeenCalledTimes(12)
        await worker.close()
      })

      it('refuses deliveries while its server is down, and goes on by itself', async () => {
        const { name, handler, deliver, work } = await receiving()
        const worker = await work()
        expect(await deliver(`${name} 1`)).toBe(200)
        await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1), later)
        await server.kill()
        expect(await deliver(`${name} 2`)).toBe(503)
        await server.start()
        await expect.poll(() => deliver(`${name} 2`), later).toBe(200)
        await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2), later)
        expect(await deliver(`${name} 1`)).toBe(200)
        await worker.close()
        expect(handler).toHaveBeenCalledTimes(2)
      })

      it.runIf(example === 'rabbitmq')('outlives connections that end while they are set up', async () => {
        const proxy = await cuttingProxy(server.port)
        process.env[variable] = `amqp://127.0.0.1:${proxy.port}`
        const { openQueue, rabbitInbox } = await import('../../../examples/rabbitmq/queue.ts?behind-a-proxy')
        const name = `${runId}-cut`
        const cutSetUps = () => proxy.cutReplies(200) // Each fifth: the first after the handshake and the channel.
        cutSetUps()
        await expect(openQueue({ name })).rejects.toThrow()
        proxy.cutReplies(0)
        const queue = await openQueue({ name })
        const { add } = rabbitInbox(queue)
        proxy.cutReplies(1_000)
        await expect(add({ id: '1' })).rejects.toThrow()
        const before = proxy.cuts
        cutSetUps()
        await expect.poll(() => proxy.cuts, later).toBeGreaterThan(before)
        proxy.cutReplies(0)
        await expect.poll(() => add({ id: '2' }).then(() => 'stored', String), later).toBe('stored')
        await queue.close()
        await proxy.stop()
      })
    })
  },
)
