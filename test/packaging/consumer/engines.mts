import { type ConnectionOptions, Queue, Worker } from 'bullmq'
import { bullmqInbox, bullmqProcessor, bullmqWorker, deadLetters as ofBullmq } from 'express-smile-id/bullmq'
import { smileIdCallbacks } from 'express-smile-id'
import { pgBossInbox, pgBossWorker, deadLetters as ofPgBoss } from 'express-smile-id/pg-boss'
import { inTransaction, postgresStore } from 'express-smile-id/postgres'
import { redisStore } from 'express-smile-id/redis'
import { Cluster, Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient, createCluster } from 'redis'
import { PgBoss } from './pg-boss.js'

const credentials = { partnerId: '085', apiKey: 'packed' }
const connection: ConnectionOptions = { host: '127.0.0.1' }
const pool = new Pool()
const boss = new PgBoss('postgres://127.0.0.1/app')

export const stores = [
  redisStore(new Redis()),
  redisStore(new Cluster([])),
  redisStore(createClient()),
  redisStore(createCluster({ rootNodes: [] })),
  postgresStore(pool),
]
export const callbacks = smileIdCallbacks({ credentials, inbox: bullmqInbox(new Queue('smile-id', { connection })) })
export const inboxes = [
  pgBossInbox(boss, { createQueue: { retryLimit: 3 } }),
  bullmqInbox(new Queue('typed', { connection })),
]
export const letters = [ofBullmq(new Queue('smile-id', { connection })), ofPgBoss(boss)]
export const processor = bullmqProcessor(callbacks)
export const workers = async () => [
  bullmqWorker(callbacks, { connection, concurrency: 10 }),
  new Worker('smile-id', processor, { connection }),
  await pgBossWorker(callbacks, boss, { concurrency: 10 }),
]
callbacks.on(
  'approved',
  inTransaction(pool, 'activate', async (event, { client }) => {
    await client.query('UPDATE accounts SET active = true WHERE job = $1', [event.jobId])
  }),
)
