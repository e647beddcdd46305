import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type SmileIdEvent } from '../../src/index.ts'
import { credential } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { StandIn } from '../support/stand-in.ts'
import { run } from './support.ts'
import { temporaryFolder } from './temporary.ts'

const csv = `generation,job_id,user_id
v1,job-1,user-1
v1,"job-2","user ""2"""
v3,job_3,user-3
,job_00000000000000000000000004,
v1,job-5,user-5
`

/** Runs the command against a stand-in for Smile ID, with a receiver beside it. */
async function reconciling(args: string, { table = csv, apiKey = credential.apiKey } = {}) {
  const file = join(await temporaryFolder(), 'jobs.csv')
  await writeFile(file, table)
  const smileId = new StandIn({ ...credential, apiKey })
  smileId.add('biometric_kyc', { generation: 'v1', jobId: 'job-1', userId: 'user-1', review: true })
  smileId.add('document_verification', { generation: 'v1', jobId: 'job-2', userId: 'user "2"', outcome: 'rejected' })
  smileId.add('document_verification', { generation: 'v3', jobId: 'job_3', userId: 'user-3' })
  smileId
    .add('document_verification', {
      generation: 'v3',
      jobId: 'job_00000000000000000000000004',
      userId: 'user-4',
      review: true,
    })
    .steps.pop()
  const events: SmileIdEvent[] = []
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: '127.0.0.1', logger: false })
  callbacks.onAny((event) => void events.push(event))
  return serving(smileId.app, (baseUrl) =>
    serving(express().use('/smile-id', callbacks.router), async (own) => ({
      ...(await run(
        `reconcile --jobs ${file} --base-url ${baseUrl} --concurrency 1 ${args.replace('RECEIVER', `${own}/smile-id`)}`,
      )),
      events,
      smileId,
    })),
  )
}

describe('express-smile-id reconcile', () => {
  test('shows what Smile ID says of each job, and changes nothing', async () => {
    const { code, out, events, smileId } = await reconciling('')
    expect(out).toBe(`job                                 Smile ID says
job-1                           v1  approved (1210)
job-2                           v1  rejected (0811)
job_3                           v3  clear
job_00000000000000000000000004  v3  processing
job-5                           v1  not found
5 jobs, 5 asked, 3 answered, 1 processing, 1 not found
`)
    expect([code, events, smileId.replays]).toEqual([0, [], []])
  })

  test('--replay has v3 callbacks delivered again', async () => {
    const { code, out, smileId } = await reconciling('--replay')
    expect(out).toContain('job_3                           v3  clear            replay queued\n')
    expect([code, smileId.replays]).toEqual([0, ['job_3']])
  })

  test('--deliver-to posts what v1 answers tell, signed as a callback', async () => {
    const { code, out, events } = await reconciling('--deliver-to RECEIVER')
    expect(out).toMatch(/job-1 .* delivered: 200 200 200\njob-2 .* delivered: 200\n/)
    expect(events.map(({ jobId, result }) => `${jobId} ${result.code ?? ''}`)).toEqual([
      'job-1 1012',
      'job-1 0814',
      'job-1 1210',
      'job-2 0811',
    ])
    expect(code).toBe(0)
  })

  test('--json prints a line for each job, and one for all', async () => {
    const { out } = await reconciling('--json --replay')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(lines[2]).toEqual({ jobId: 'job_3', generation: 'v3', said: 'clear', acted: 'replay queued' })
    expect(lines.at(-1)).toEqual({ jobs: 5, asked: 5, answered: 3, processing: 1, 'not found': 1 })
  })

  test('a job without an answer, or a delivery that is refused, ends with 1', async () => {
    const { code, out } = await reconciling('', { apiKey: 'another', table: 'job_id,user_id\njob-1,user-1\n' })
    expect([code, out]).toEqual([1, expect.stringContaining('failed: refused')])
    const refused = await reconciling('--deliver-to http://127.0.0.1:1', { table: 'job_id,user_id\njob-1,user-1\n' })
    expect([refused.code, refused.out]).toEqual([
      1,
      expect.stringContaining('delivered: unreachable unreachable unreachable'),
    ])
  })

  test.each([
    ['reconcile', '--jobs is missing'],
    ['reconcile jobs.csv', 'the file goes after --jobs'],
    ['reconcile --jobs nowhere.csv', 'nowhere.csv cannot be read'],
    ['reconcile --jobs - --environment staging', '--environment has to be one of'],
    ['reconcile --jobs - --base-url http://example.com', 'The base URL must be https'],
    ['reconcile --jobs - --deliver-to https://example.com', 'add --allow-remote'],
    ['reconcile --jobs - --concurrency 0', '--concurrency has to be a whole number above 0'],
  ])('%s is a mistake', async (args, said) => {
    const { code, err } = await run(args, { readStdin: () => Promise.resolve(csv) })
    expect([code, err]).toEqual([2, expect.stringContaining(said)])
  })

  test.each([
    ['', 'name the columns'],
    ['generation,user_id\nv1,u\n', 'name the columns'],
    ['job_id,user_id\n,u\n', 'Row 2 of the jobs has no job_id'],
    ['job_id,user_id\na,u\nb,\n', 'Row 3 of the jobs has no user_id'],
    ['generation,job_id,user_id\nv2,a,u\n', 'another generation'],
  ])('a table such as %j is a mistake', async (table, said) => {
    const { code, err } = await run('reconcile --jobs -', { readStdin: () => Promise.resolve(table) })
    expect([code, err]).toEqual([2, expect.stringContaining(said)])
  })
})
