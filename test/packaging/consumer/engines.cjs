// No engine is installed here: each adapter loads without its peers, but for that of BullMQ, which is used by who has it.
const assert = require('node:assert/strict')

const names = ['redis', 'postgres', 'pg-boss', 'store-conformance']

const methods = (...names) => Object.fromEntries(names.map((name) => [name, () => undefined]))
const boss = methods('send', 'getJobById', 'deleteJob', 'getQueue', 'createQueue')

async function check() {
  for (const name of ['bullmq', 'pg-boss', 'pg', 'redis', 'ioredis']) assert.throws(() => require.resolve(name), { code: 'MODULE_NOT_FOUND' })
  for (const load of [(name) => require(name), (name) => import(name)]) {
    const [redis, postgres, pgBoss, conformance] = await Promise.all(names.map((name) => load(`express-smile-id/${name}`)))
    const { memoryStore } = await load('express-smile-id')
    assert.throws(() => redis.redisStore(undefined), /package redis or ioredis/)
    assert.throws(() => postgres.postgresStore(undefined), /package pg/)
    assert.match(postgres.postgresStoreTable(), /CREATE TABLE IF NOT EXISTS "smile_id_events"/)
    assert.equal(typeof pgBoss.pgBossInbox(boss).add, 'function')
    const { reconcile } = await load('express-smile-id/reconcile')
    // Of whichever build the receiver is.
    const { smileIdCallbacks } = require('express-smile-id')
    const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'packed' }, logger: false })
    assert.equal((await reconcile(callbacks, { environment: 'sandbox', jobs: [] })).asked, 0)
    const store = memoryStore()
    for (const { name, run } of conformance.storeConformance({ open: () => store, slack: 20 })) {
      await run().catch((error) => assert.fail(`${name}: ${error.message}`))
    }
  }
}

check().then(
  () => console.log('the adapters load without their engines, and say which is missing'),
  (error) => {
    console.error(error)
    process.exitCode = 1
  },
)
