import pg from 'pg'
import { expect, test } from 'vitest'
import { effectsTable } from '../../src/engines/postgres/effects-table.ts'
import { databaseUrl, postgresAnswers } from '../support/services.ts'
import { blocksIn, placeOf } from './readme.ts'

const postgres = await postgresAnswers()

test.skipIf(!postgres).each(blocksIn('sql').map((block) => [placeOf(block), block.code]))(
  '%s is taken by Postgres',
  async (_, code) => {
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
  },
)

test('the table of effects on the page is the one that is made', () => {
  expect(blocksIn('sql').map(({ code }) => code)).toContain(`${effectsTable()}\n`)
})
