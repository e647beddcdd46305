import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { hasPostgresServer, ownPostgres, type OwnServer } from '../support/own-servers.mjs'
import { survivesRestart } from '../support/restart.ts'

describe.skipIf(!hasPostgresServer)('Postgres killed and started again', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownPostgres()
  }, 60_000)
  afterAll(() => server.remove())

  it('is answered 503 meanwhile, and forgets neither what is done nor what is claimed', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' })
    pool.on('error', () => undefined)
    try {
      await survivesRestart(postgresStore(pool), server)
    } finally {
      await pool.end()
    }
  }, 60_000)
})
