// npm run build && node examples/postgres-account/demo.js: Node 20 reads no TypeScript by itself.
import { register } from 'tsx/esm/api'

process.env.SCHEMA = `example_${process.pid}`
register()
await import('./demo.ts')
