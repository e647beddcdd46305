// npm run example durable-pg-boss. Needs Postgres: DATABASE_URL, default postgres://postgres@127.0.0.1:5432/test
import { showInbox } from '../shared/demo.js'

const schema = (process.env.PGBOSS_SCHEMA = `example_${process.pid}`)
const { app, boss } = await import('./receiver.ts')

await showInbox(app, import.meta.url)
await boss.getDb().executeSql(`DROP SCHEMA ${schema} CASCADE`)
await boss.stop({ graceful: false })
