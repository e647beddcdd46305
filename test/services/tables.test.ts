import pg from 'pg'
import { expect, test } from 'vitest'
import { effectsTable, postgresStoreTable } from '../../src/engines/postgres/store.ts'
import { databaseUrl, postgresAnswers } from '../support/services.ts'

const postgres = await postgresAnswers()

test.skipIf(!postgres).each([
  ['effectsTable()', effectsTable()],
  ['postgresStoreTable()', postgresStoreTable()],
])('%s is taken by Postgres', async (_, code) => {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    // Nothing of it stays.
    await client.query('BEGIN')
    await client.query('SET LOCAL search_path TO pg_temp')
    await expect(client.query(code)).resolves.toBeDefined()
    await client.query('ROLLBACK')
  } finally {
    await client.end()
  }
})
