// The other entries, as far as they need no package beside.
import { smileIdCallbacks, type OnceStore } from 'express-smile-id'
import { inboxConformance } from 'express-smile-id/inbox-conformance'
import { lambdaHandler, type LambdaAnswer, type LambdaEvent } from 'express-smile-id/lambda'
import { pgBossInbox } from 'express-smile-id/pg-boss'
import { postgresStore } from 'express-smile-id/postgres'
import { redisStore } from 'express-smile-id/redis'
import { storeConformance } from 'express-smile-id/store-conformance'

const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'packed' } })
export const handler: (event: LambdaEvent) => Promise<LambdaAnswer> = lambdaHandler(callbacks)
export const stores = (
  redis: Parameters<typeof redisStore>[0],
  pool: Parameters<typeof postgresStore>[0],
): OnceStore[] => [redisStore(redis), postgresStore(pool)]
export const inboxes = [pgBossInbox, storeConformance, inboxConformance] as const
export const answer: Promise<Response> = callbacks.fetch(new Request('https://receiver.test/'), {
  clientIp: '127.0.0.1',
})
