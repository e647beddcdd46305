const redis = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')

export const credential = { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' }
export const connection = { host: redis.hostname, port: Number(redis.port || 6379), maxRetriesPerRequest: null }
export const prefix = process.env.QUEUE_PREFIX ?? 'bull'
