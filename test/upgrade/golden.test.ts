import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore, smileIdCallbacks, type Generation, type SmileIdEvent } from '../../src/index.ts'
import { captureRefused } from '../../src/capture/capture-refused.ts'
import { bullmqInbox } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox } from '../../src/engines/pg-boss/inbox.ts'
import { effectsTable, inTransaction, postgresStore, postgresStoreTable } from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { verdictKey } from '../../src/once/claim.ts'
import { parseTimestamp } from '../../src/signature/sign.ts'
import { run } from '../cli/support.ts'
import { credential, fixtureCredential, fixtures, senderIp, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection } from '../support/engines.ts'
import { receiver } from '../support/receiver.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

// What one version stores, the next one reads: while two of them run side by side, and after a restart. These files
// change only by a format that older versions leave alone and newer ones read.
const breaks = 'this breaks deployments that are rolled out: see src/UPGRADING.md'

const file = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url))
const golden = (value: unknown, name: string) =>
  expect(`${JSON.stringify(value, null, 2)}\n`, breaks).toMatchFileSnapshot(file(name))

test('the ids of events and verdicts', async () => {
  const ids: Record<string, { id: string; verdictId: string }> = {}
  for (const generation of ['v1', 'v3'] as Generation[])
    for (const { name, headers, body, payload } of fixtures(generation)) {
      const timestamp = headers['Response-Timestamp'] ?? (payload as { timestamp?: string }).timestamp
      const time = timestamp === undefined ? undefined : parseTimestamp(timestamp)
      if (time === undefined) continue
      const callbacks = smileIdCallbacks({
        credentials: fixtureCredential[generation],
        now: () => time,
        logger: false,
        store: memoryStore(),
      })
      const events: SmileIdEvent[] = []
      callbacks.onAny((event) => void events.push(event))
      await callbacks.receive({ method: 'POST', headers, body, clientIp: senderIp })
      for (const { id, verdictId } of events) ids[`${generation} ${name}`] = { id, verdictId }
    }
  expect(Object.keys(ids).length).toBeGreaterThan(30)
  await golden(ids, 'ids.json')
})

test('the tables', async () => {
  await expect(`${postgresStoreTable()}\n${effectsTable()}\n`, breaks).toMatchFileSnapshot(file('tables.sql'))
})

test('captures, which a later inspect reads', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'golden-captures-'))
  const { callbacks } = receiver({ onDelivery: captureRefused({ dir }) })
  const forged = v1Delivery({ credential: { ...credential, apiKey: 'another' } })
  await callbacks.receive({ ...forged, clientIp: senderIp })
  const written = async () => (await readdir(dir)).filter((name) => !name.startsWith('.'))
  await expect.poll(written).toHaveLength(1)
  const capture = JSON.parse(await readFile(join(dir, (await written())[0]!), 'utf8')) as object
  await rm(dir, { recursive: true })
  // Durations differ, and a sentence may be improved.
  const steady = (key: string, value: unknown) =>
    /Ms$/.test(key) ? 1 : key === 'hint' || key === 'message' ? 'a sentence' : value
  await golden(JSON.parse(JSON.stringify(capture, steady)), 'capture.json')
  const { code, out } = await run('inspect -', { readStdin: () => readFile(file('capture.json'), 'utf8') })
  expect(out, breaks).toContain('signature_mismatch')
  expect(code).toBe(1)
})

test('the URL of a callbackSecret', () => {
  const { callbacks } = receiver({ callbackSecret: 'a secret of a test, long enough' })
  expect(callbacks.urlFor('https://api.example.com/smile-id', 'order-417'), breaks).toMatchInlineSnapshot(
    `"https://api.example.com/smile-id?ref=order-417&tag=yQNXpi0bC7C9aZe7cWeNqW7RWpgODjeaC46yX6wBvZM"`,
  )
})

describe.skipIf(!(await redisAnswers()))('in Redis', () => {
  const admin = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: null })
  afterAll(async () => {
    await deleteKeys(admin, runId)
    await deleteKeys(admin, `bull:${runId}`)
    await admin.quit()
  })

  test('the keys and values of the store', async () => {
    const store = redisStore(admin, { prefix: `${runId}:` })
    const seen: Record<string, string | null> = {}
    const note = async (what: string, key: string) => (seen[what] = `${key} = ${await admin.get(`${runId}:${key}`)}`)
    await store.reserve('0123456789abcdef0123456789abcdef', { owner: 'an-owner', leaseMs: 60_000 })
    await note('claimed', '0123456789abcdef0123456789abcdef')
    await store.complete('0123456789abcdef0123456789abcdef', { owner: 'an-owner', ttlMs: 60_000 })
    await note('done', '0123456789abcdef0123456789abcdef')
    await store.note!(verdictKey('fedcba9876543210'), { ttlMs: 60_000 })
    await note('verdict', 'verdict:fedcba9876543210')
    await golden(seen, 'redis.json')
  })

  test('what a newer version may write there is refused, named and left as it is', async () => {
    const { post, events } = receiver({ store: redisStore(admin, { prefix: `${runId}:newer:` }) })
    const { id } = (await post(v1Delivery())).event!
    const key = `${runId}:newer:${id}`
    for (const newer of ['done2', 'claim2:an-owner']) {
      await admin.set(key, newer)
      const { code, hint } = await post(v1Delivery())
      expect({ code, hint }, breaks).toEqual({
        code: 'store_unavailable',
        hint: expect.stringContaining('reserve gave an unknown answer') as string,
      })
      expect(await admin.get(key), breaks).toBe(newer)
    }
    expect(events).toHaveLength(1)
  })

  test.each(bullmqs)('the message of $name', async ({ name, Queue }) => {
    const queue = new Queue(`${runId}-${name.at(-1)}`, { connection: redisConnection })
    const { post } = receiver({ inbox: bullmqInbox(queue) })
    await post(v3Delivery())
    await post(v1Delivery())
    const jobs = (await queue.getJobs(['waiting'], 0, 9, true)).map(({ id, name: jobName, data, opts }) => {
      const { attempts, backoff, jobId, deduplication } = opts as unknown as Record<string, unknown>
      return { id, jobName, data: data as unknown, opts: { attempts, backoff, jobId, deduplication } }
    })
    await queue.close()
    await golden(jobs, 'bullmq.json')
  })
})

describe.skipIf(!(await postgresAnswers()))('in Postgres', () => {
  test('columns that a newer version may add are left as they are', async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
    const [table, effects] = [`${runId}_newer`, `${runId}_newer_effects`]
    const added = (name: string) => pool.query(`ALTER TABLE ${name} ADD COLUMN form smallint DEFAULT 2`)
    try {
      for (const sql of [postgresStoreTable(table), effectsTable(effects)]) await pool.query(sql)
      await Promise.all([table, effects].map(added))
      const { callbacks, post, events } = receiver({ store: postgresStore(pool, { table }) })
      callbacks.onAny(inTransaction(pool, 'effect', () => undefined, { table: effects }))
      expect(await post(v1Delivery()), breaks).toMatchObject({ code: 'accepted', claim: { end: 'completed' } })
      expect((await post(v1Delivery())).code, breaks).toBe('duplicate')
      expect(events).toHaveLength(1)
      await pool.query(`UPDATE ${effects} SET said = '{"version":2,"words":[]}' WHERE per = 'job'; TRUNCATE ${table}`)
      expect((await post(v1Delivery())).code, breaks).toBe('handler_failed')
      const { rows } = await pool.query(`SELECT said FROM ${effects} WHERE per = 'job'`)
      expect(rows, breaks).toEqual([{ said: '{"version":2,"words":[]}' }])
    } finally {
      await pool.query(`DROP TABLE ${table}, ${effects}`)
      await pool.end()
    }
  })

  test.each(bosses)('the message of $name', async ({ name, make }) => {
    const schema = `${runId}_${name.at(-1)}`
    const boss = make({ schema })
    boss.on('error', () => undefined)
    await boss.start()
    try {
      const { post } = receiver({ inbox: pgBossInbox(boss) })
      await post(v3Delivery())
      await post(v1Delivery())
      const { rows } = await boss
        .getDb()
        .executeSql(`SELECT id, name, data FROM ${schema}.job WHERE name = 'smile-id' ORDER BY data->>'id'`)
      await golden(rows, 'pg-boss.json')
    } finally {
      await boss.getDb().executeSql(`DROP SCHEMA ${schema} CASCADE`)
      await boss.stop({ graceful: false })
    }
  })
})
