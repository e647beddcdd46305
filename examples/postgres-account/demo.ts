// npx tsx demo.ts, or in a checkout: npm run example postgres-account. Needs Postgres: DATABASE_URL.
import { setTimeout as sleep } from 'node:timers/promises'
import { signDelivery } from 'express-smile-id/testing'
import { messageOf, start, stop } from '../shared/demo.js'
import { credential } from '../shared/settings.js'
import { connect, schema, tables } from './settings.ts'

const pool = connect()
await pool.query(tables)
await pool.query(`INSERT INTO ${schema}.accounts (id) VALUES ('acc-1'), ('acc-2') ON CONFLICT DO NOTHING`)

const receivers = [1, 2].map(() => start('receiver.ts', import.meta.url))
const ports = await Promise.all(receivers.map(async (child): Promise<number> => (await messageOf(child)).port))

/** As Smile ID does: at least once, to whichever process the load balancer picks, again after anything but a 2xx. */
async function deliver(
  account: string,
  said: { ResultCode: string; ResultText: string; ConfidenceValue?: string },
): Promise<void> {
  const payload = {
    ...said,
    SmileJobID: `smile-${account}`,
    PartnerParams: { job_id: `job-${account}`, user_id: 'user-1', job_type: '1', account_id: account },
  }
  const send = async (port: number): Promise<void> => {
    const delivery = signDelivery({ generation: 'v1', credential, payload })
    const { status } = await fetch(`http://127.0.0.1:${port}/smile-id`, { method: 'POST', ...delivery })
    if (status === 200) return
    await sleep(100)
    return send(port)
  }
  await Promise.all([...ports, ...ports].map(send))
}

const approved = { ResultCode: '0810', ResultText: 'Enroll User', ConfidenceValue: '99' }
const approvedByAPerson = { ResultCode: '1210', ResultText: 'Enroll User - Human Judgement', ConfidenceValue: '90' }
const rejected = { ResultCode: '0811', ResultText: 'Failed Enroll - Compare Fail' }
const underReview = { ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' }

async function show(what: string): Promise<void> {
  const { rows } = await pool.query<{ id: string; state: string; balance: number }>(
    `SELECT id, state, balance FROM ${schema}.accounts ORDER BY id`,
  )
  console.log(`${what.padEnd(62)} ${rows.map(({ id, state, balance }) => `${id}: ${state}, ${balance}`).join('   ')}`)
}

console.log('every callback comes twice to each of two processes, all at once')
await show('before')
await deliver('acc-1', underReview)
await show('under review')
await deliver('acc-1', approved)
await show('approved by the machine')
await deliver('acc-1', approvedByAPerson)
await show('approved again by a person: one verdict, one bonus')
await deliver('acc-2', rejected)
await deliver('acc-2', underReview)
await show('rejected, and "under review" comes late: it changes nothing')

const { rows: audit } = await pool.query<{ account_id: string; said: string }>(
  `SELECT account_id, said FROM ${schema}.audit ORDER BY account_id, at`,
)
console.log('the audit trail')
for (const { account_id, said } of audit) console.log(`  ${account_id}: ${said}`)

await stop(receivers)
await pool.query(`DROP SCHEMA ${schema} CASCADE`)
await pool.end()
