// Takes callbacks, and answers 200 as soon as Postgres has them. Handlers run in worker.ts, in another process.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { pgBossInbox } from 'express-smile-id/pg-boss'
import PgBoss from 'pg-boss'
import { credential, database } from './settings.ts'

export const boss = new PgBoss(database)
boss.on('error', (error) => console.error(error))
await boss.start()

const callbacks = smileIdCallbacks({
  credentials: credential,
  // 12 retries over some hours unless you say otherwise; here the next comes soon.
  inbox: pgBossInbox(boss, { createQueue: { retryDelay: 1, retryBackoff: false } }),
  logger: false,
})

export const app = express().use('/smile-id', callbacks.router)
