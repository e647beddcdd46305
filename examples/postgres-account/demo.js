// npm run example postgres-account
process.env.SCHEMA = `example_${process.pid}`
await import('./demo.ts')
