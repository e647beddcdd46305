// The services and the credential that the examples use. In yours they come from the environment or a secret store.
export const credential = {
  partnerId: process.env.SMILE_ID_PARTNER_ID ?? '085',
  apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret',
}

// The time-outs matter: a connection whose host is gone answers nothing for a quarter of an hour otherwise.
export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const { hostname, port, pathname } = new URL(redisUrl)
/** For workers, which wait for Redis as long as it takes. bullmqWorker adds a socketTimeout that an idle worker can keep. */
export const connection = {
  host: hostname,
  port: Number(port || 6379),
  db: Number(pathname.slice(1)),
  maxRetriesPerRequest: null,
}
/** For receivers: refuses at once while Redis is down, and keeps nothing in memory for later. */
export const producer = { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1, socketTimeout: 3_000 }

export const database = {
  connectionString: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test',
  query_timeout: 10_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
}
