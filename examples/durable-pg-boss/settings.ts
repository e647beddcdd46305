import type { PgBossQueueOptions } from 'express-smile-id/pg-boss'
import PgBoss from 'pg-boss'
import { database } from '../shared/settings.js'

/** The queue, for receiver and worker alike: whichever starts first makes it. */
export const queue = {
  // 12 retries over some hours unless you say otherwise; here the next comes soon.
  createQueue: { retryDelay: 1, retryBackoff: false } satisfies PgBossQueueOptions,
}

export async function startBoss(): Promise<PgBoss> {
  const boss = new PgBoss({ ...database, schema: process.env.PGBOSS_SCHEMA ?? 'pgboss' })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  return boss
}
