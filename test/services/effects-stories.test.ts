import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryStore, smileIdCallbacks, type Product, type SmileIdEvent } from '../../src/index.ts'
import { inTransaction } from '../../src/once/postgres.ts'
import { jobStory } from '../../src/testing/index.ts'
import { credential, senderIp } from '../support/deliveries.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

function* orders<T>(list: readonly T[]): Generator<T[]> {
  if (list.length === 0) yield []
  for (const [i, first] of list.entries()) for (const rest of orders(list.filter((_, n) => n !== i))) yield [first, ...rest]
}

describe.skipIf(!(await postgresAnswers()))('every story, in every order, with repeats', () => {
  const schema = `${runId}_stories`
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 })
  pool.on('error', () => undefined)
  beforeAll(() => pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.effects (job text NOT NULL, verdict text NOT NULL)`))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })

  it.each<[Product, Parameters<typeof jobStory>[1]]>([
    ['biometric_kyc', { review: true }],
    ['biometric_kyc', { outcome: 'rejected', smileSecure: true }],
    ['biometric_kyc', { generation: 'v3', review: true }],
    ['document_verification', { review: true }],
    ['smart_selfie_authentication', {}],
  ])('%s %o has one effect for each verdict', async (product, options) => {
    let n = 0
    for (const order of orders(jobStory(product, options).map((_, i) => i))) {
      const jobId = `${product}-${JSON.stringify(options).replace(/\W/g, '')}-${(n += 1)}`
      const story = jobStory(product, { ...options, jobId, credential })
      // Forgets everything between the rounds: what keeps the effect single is the transaction alone.
      const receive = () => {
        const callbacks = smileIdCallbacks({ credentials: credential, logger: false, store: memoryStore() })
        callbacks.onAny(inTransaction(pool, 'effect', async (event: SmileIdEvent, { client }) => {
          await client.query(`INSERT INTO ${schema}.effects VALUES ($1, $2)`, [jobId, event.verdictId])
        }, { table: `${schema}.keys` }))
        return callbacks
      }
      const verdicts = new Set<string>()
      for (const callbacks of [receive(), receive()]) {
        for (const i of order) {
          const deliveries = [story[i]!, story[i]!].map((step) => callbacks.receive({ method: 'POST', headers: step.headers, body: step.body, clientIp: senderIp }))
          for (const { event } of await Promise.all(deliveries)) verdicts.add(event!.verdictId)
        }
      }
      const { rows } = await pool.query<{ verdict: string }>(`SELECT verdict FROM ${schema}.effects WHERE job = $1`, [jobId])
      expect(rows.map(({ verdict }) => verdict).sort()).toEqual([...verdicts].sort())
    }
    expect(n).toBeGreaterThan(0)
  }, 60_000)
})
