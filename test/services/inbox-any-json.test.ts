import { Redis } from 'ioredis'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { smileIdCallbacks, type Inbox, type SmileIdEvent } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { contentOf } from '../../src/inbox/message.ts'
import { pgBossInbox } from '../../src/engines/pg-boss/inbox.ts'
import { senderIp, testOptions, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection as connection, type TestJob } from '../support/engines.ts'
import { jsonTexts } from '../support/json-texts.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { receiver } from '../support/receiver.ts'

const [postgres, redis] = await Promise.all([postgresAnswers(), redisAnswers()])

// A v3 signature does not cover the body, so that any text can stand in it.
const deliveryOf = (text: string, jobId: string) => {
  const body = `${JSON.stringify(v3Payload).slice(0, -1)}, "extra": ${text}}`
  return { ...v3Delivery({ jobId }), body, clientIp: senderIp }
}

const directly = async (text: string, jobId: string): Promise<SmileIdEvent> => {
  const { post, events } = receiver()
  await post(deliveryOf(text, jobId))
  return events[0]!
}

/**
 * What comes out of an inbox is what a handler would be given directly. `read` gives what the engine kept of an event.
 */
async function keepsAnyText(inbox: Inbox, read: (id: string) => Promise<unknown>, runs: number): Promise<void> {
  const front = smileIdCallbacks({ ...testOptions, inbox })
  const back = smileIdCallbacks(testOptions)
  let seen: SmileIdEvent | undefined
  back.onAny((event) => void (seen = event))
  let count = 0
  const texts = fc.oneof(
    jsonTexts(),
    fc.constantFrom('"\\u0000"', '"\\ud800"', '{"\\u0000\\udc00": "\u{1f600}é"}', '[-0, 1e400]', '"\\u0000-0"'),
  )
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const jobId = `job_${++count}`
      const report = await front.receive(deliveryOf(text, jobId))
      expect(report).toMatchObject({ code: 'accepted', inbox: 'stored' })
      await back.dispatch(await read(report.event!.id))
      expect(seen).toEqual(await directly(text, jobId))
    }),
    { numRuns: runs, examples: [['"\\u0000"'], ['"\\ud800"']] },
  )
}

describe.skipIf(!postgres)('any JSON text survives Postgres', () => {
  const schemas: string[] = []
  afterAll(async () => {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.query(`DROP TABLE IF EXISTS ${runId}_messages`)
    await client.end()
  })

  it.each(bosses)(
    '$name',
    async ({ name, make }) => {
      const schema = `${runId}_json${/\d+/.exec(name)![0]}`
      schemas.push(schema)
      const boss = make({ schema })
      boss.on('error', () => undefined)
      await boss.start()
      const uuid = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
      await keepsAnyText(
        pgBossInbox(boss),
        async (id) => contentOf(((await boss.getJobById('smile-id', uuid(id))) as TestJob).data),
        60,
      )
      await boss.stop({ graceful: false })
    },
    60_000,
  )

  it('an inbox of your own with a column of jsonb', async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
    pool.on('error', () => undefined)
    await pool.query(`CREATE TABLE ${runId}_messages (id text PRIMARY KEY, message jsonb NOT NULL)`)
    const inbox: Inbox = {
      add: (message) =>
        pool.query(`INSERT INTO ${runId}_messages VALUES ($1, $2) ON CONFLICT DO NOTHING`, [message.id, message]),
    }
    await keepsAnyText(
      inbox,
      async (id) =>
        (await pool.query<{ message: unknown }>(`SELECT message FROM ${runId}_messages WHERE id = $1`, [id])).rows[0]
          ?.message,
      60,
    )
    await pool.end()
  }, 60_000)
})

describe.skipIf(!redis)('any JSON text survives Redis', () => {
  const prefix = `${runId}:json`
  afterAll(async () => {
    const client = new Redis(redisUrl)
    await deleteKeys(client, prefix)
    await client.quit()
  })

  it.each(bullmqs)(
    '$name',
    async ({ name, Queue }) => {
      const queue = new Queue(name.replace(' ', ''), { connection, prefix })
      queue.on('error', () => undefined)
      let data: unknown
      const process = bullmqProcessor({
        dispatch: async (stored) => {
          data = stored
          return Promise.resolve({
            code: 'accepted',
            id: '',
            handlers: { matched: 0, failed: 0, rejected: 0, timedOut: 0 },
          })
        },
      })
      await keepsAnyText(
        bullmqInbox(queue),
        async (id) => {
          await process({ data: (await queue.getJob(id))!.data })
          return data
        },
        60,
      )
      await queue.close()
    },
    60_000,
  )
})
