export const credential = { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' }
export const database = {
  connectionString: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test',
  // A connection that dies in silence would be waited for, for a quarter of an hour.
  query_timeout: 10_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  schema: process.env.PGBOSS_SCHEMA ?? 'pgboss',
}
