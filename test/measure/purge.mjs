// Does the purge of the Postgres store keep up? After `npm run build`: node test/measure/purge.mjs [seconds] [events a second]
// Two processes handle half of the rate each, with a ttl of 5 s; the table must not grow with the time. Needs Postgres: DATABASE_URL.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { postgresStore } from '../../dist/postgres.js'

const ttlMs = 5_000
const connectionString = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
if (process.send) await work(JSON.parse(process.env.PURGE_SETUP))
else await measure(Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 500))

async function work({ table, seconds, rate }) {
  const pool = new pg.Pool({ connectionString, max: 5 })
  const store = postgresStore(pool, { table, purgeEvery: 2_000 })
  const started = performance.now()
  const open = new Set()
  let handled = 0
  let late = 0
  const handle = async (n) => {
    const id = `${process.pid}-${n}`.padEnd(64, 'x')
    const owner = 'o'.repeat(36)
    const begun = performance.now()
    await store.reserve(id, { owner, leaseMs: 45_000 })
    if (!(await store.complete(id, { owner, ttlMs }))) throw new Error('an event was not completed')
    handled += 1
    late = Math.max(late, performance.now() - begun)
  }
  for (let sent = 0; performance.now() - started < seconds * 1_000; await sleep(10)) {
    for (const due = ((performance.now() - started) / 1_000) * rate; sent < due && open.size < 200; sent += 1) {
      const one = handle(sent).finally(() => open.delete(one))
      open.add(one)
    }
  }
  await Promise.all(open)
  await pool.end()
  process.send({ handled, late })
  process.disconnect()
}

async function measure(seconds, rate) {
  const table = `purge_${process.pid}`
  const pool = new pg.Pool({ connectionString, max: 1 })
  await postgresStore(pool, { table }).release('none', { owner: 'none' })
  const rows = async () => Number((await pool.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n)
  const env = { ...process.env, PURGE_SETUP: JSON.stringify({ table, seconds, rate: rate / 2 }) }
  const children = [1, 2].map(() => fork(fileURLToPath(import.meta.url), { env }))
  const ends = children.map(async (child) => (await once(child, 'message'))[0])
  const counts = []
  for (let i = 0; i < 6; i += 1) {
    await sleep((seconds * 1_000) / 7)
    counts.push(await rows())
    console.log(`after ${Math.round(((i + 1) * seconds) / 7)} s: ${counts[i]} rows`)
  }
  const results = await Promise.all(ends)
  const handled = results.reduce((sum, result) => sum + result.handled, 0)
  await sleep(1_000)
  const { rows: [stats] } = await pool.query('SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = $1', [table])
  await pool.query(`DROP TABLE ${table}`)
  await pool.end()
  const most = (handled / seconds) * ((ttlMs + 3 * 2_000) / 1_000) + 2_000
  console.log(`${handled} events in ${seconds} s, the slowest ${Math.round(Math.max(...results.map(({ late }) => late)))} ms; ${stats.n_tup_hot_upd} of ${stats.n_tup_upd} updates wrote no index`)
  const keepsUp = Math.max(...counts) < most
  console.log(keepsUp ? `the purge keeps up: never more than ${Math.max(...counts)} rows` : `the table grew to ${Math.max(...counts)} rows, more than ${Math.round(most)}`)
  process.exitCode = keepsUp ? 0 : 1
}
