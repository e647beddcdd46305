import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox } from '../../src/engines/pg-boss/inbox.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, redisConnection as connection } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { run } from './support.ts'

const [postgres, redis] = await Promise.all([postgresAnswers(), redisAnswers()])
const delivery = (job: string) => ({
  ...v1Delivery({
    payload: { ...v1Payload, FullName: 'Jane Canary', PartnerParams: { ...v1Payload.PartnerParams, job_id: job } },
  }),
  clientIp: senderIp,
})

/** The command against a queue in which two events are dead. */
function contract(setUp: () => Promise<{ ids: string[]; where: string }>): void {
  it('lists, redrives and drops', async () => {
    const { ids, where } = await setUp()
    const [first, second] = ids
    const listed = await run(`dead list ${where}`)
    expect(listed).toMatchObject({ code: 0, err: '' })
    expect(listed.out.split('\n')[0]).toMatch(/^EVENT +CODE +TRIES +AGE$/)
    for (const id of ids) expect(listed.out).toMatch(new RegExp(`^${id} +handler_failed +1 +\\d+ s$`, 'm'))
    const lines = (await run(`dead list ${where} --json`)).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string })
    expect(lines.map(({ id }) => id).sort()).toEqual([...ids].sort())
    expect(JSON.stringify([listed, lines])).not.toContain('Canary')

    expect(await run(`dead redrive ${first} ${where}`)).toMatchObject({ code: 0, out: '1 redriven\n' })
    expect(await run(`dead redrive ${first} ${where}`)).toMatchObject({
      code: 1,
      out: '0 redriven; 1 not dead, or not there\n',
    })
    expect(await run(`dead drop --all ${where}`)).toMatchObject({ code: 0, out: '1 dropped\n' })
    expect(await run(`dead drop ${second} ${where}`)).toMatchObject({
      code: 1,
      out: '0 dropped; 1 not dead, or not there\n',
    })
    expect(await run(`dead list ${where}`)).toMatchObject({ code: 0, out: 'No event is dead.\n' })

    const misspelt = await run(`dead list ${where} --queue smile-di`)
    expect(misspelt).toMatchObject({ code: 1, out: '' })
    expect(misspelt.err).toMatch(/no (BullMQ|pg-boss) queue "smile-di".*; there is .*"smile-id"/)
  }, 60_000)
}

describe.skipIf(!redis)('dead, of BullMQ', () => {
  const prefix = `${runId}:cli`
  const queue = new Queue('smile-id', { connection, prefix })
  queue.on('error', () => undefined)
  afterAll(async () => {
    await queue.close()
    const client = new Redis(redisUrl)
    await deleteKeys(client, prefix)
    await client.quit()
  })
  contract(async () => {
    const front = smileIdCallbacks({ ...testOptions, inbox: bullmqInbox(queue, { job: { attempts: 1 } }) })
    const ids = [(await front.receive(delivery('a'))).event!.id, (await front.receive(delivery('b'))).event!.id]
    const back = smileIdCallbacks(testOptions)
    back.onAny(() => {
      throw new Error('no')
    })
    const worker = new Worker('smile-id', bullmqProcessor(back), { connection, prefix })
    worker.on('error', () => undefined)
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(2), { timeout: 30_000 })
    await worker.close()
    return { ids, where: `--redis ${redisUrl} --prefix ${prefix}` }
  })
})

describe.skipIf(!postgres)('dead, of pg-boss', () => {
  const schema = `${runId}_cli`
  const boss = bosses[0]!.make({ schema })
  boss.on('error', () => undefined)
  beforeAll(() => boss.start())
  afterAll(async () => {
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })
  contract(async () => {
    const front = smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { createQueue: { retryLimit: 0 } }) })
    const ids = [(await front.receive(delivery('a'))).event!.id, (await front.receive(delivery('b'))).event!.id]
    for (const { id } of (await boss.fetch('smile-id', { batchSize: 5, includeMetadata: true })) as { id: string }[]) {
      await boss.fail('smile-id', [id], { error: 'DispatchError', code: 'handler_failed', attempts: 1 })
    }
    return { ids, where: `--postgres ${databaseUrl} --schema ${schema}` }
  })
})

it.skipIf(!postgres)('dead, of a schema without pg-boss', async () => {
  const { code, out, err } = await run(`dead list --postgres ${databaseUrl} --schema nope`)
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(/There is no pg-boss in the schema "nope"/)
})

describe('dead, used wrongly', () => {
  it.each([
    ['', /needs an action: list, redrive or drop/],
    ['bury --redis redis://localhost', /needs an action/],
    ['list an-id --redis redis://localhost', /lists all/],
    ['redrive --redis redis://localhost', /event ids, or --all/],
    ['redrive one --all --redis redis://localhost', /event ids, or --all/],
    ['list', /--redis <url>.*--postgres <url>/],
    ['list --redis redis://a --postgres postgres://b', /not both/],
    ['list --redis localhost', /--redis must be a URL/],
  ])('dead %s', async (args, says) => {
    const { code, err } = await run(`dead ${args}`, { env: {} })
    expect(code).toBe(2)
    expect(err).toMatch(says)
  })

  it('says that an engine is out of reach, without its password', async () => {
    for (const where of [
      '--redis redis://user:Canary@127.0.0.1:1',
      '--postgres postgres://user:Canary@127.0.0.1:1/x',
    ]) {
      const { code, out, err } = await run(`dead list ${where}`)
      expect(code).toBe(1)
      expect(err).toMatch(/^The engine could not be asked: \w+/)
      expect(out + err).not.toContain('Canary')
    }
  }, 60_000)
})
