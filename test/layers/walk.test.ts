import { readdirSync, readFileSync } from 'node:fs'
import inspector from 'node:inspector/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { v1Delivery, v1Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// How much a reader has to open. A limit is what stands today: lower it, never raise it.

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const stringOrPattern = /['"`/].{40}/

/**
 * Files of src in which a function ran while a plain v1 delivery, its body a stream, was received and accepted: counted
 * by V8. Functions without a name do not count: the test runner makes some for exports.
 */
async function filesWalked(): Promise<string[]> {
  const { callbacks, post } = receiver({ store: undefined })
  callbacks.on('approved', () => undefined)
  const [first, second] = ['first', 'second'].map((job) => {
    const PartnerParams = { ...v1Payload.PartnerParams, job_id: job }
    const { body, ...delivery } = v1Delivery({ payload: { ...v1Payload, PartnerParams } })
    return { ...delivery, body: Readable.from([Buffer.from(body)], { objectMode: false }) }
  })
  // It loads what is loaded once.
  expect((await post(first!)).code).toBe('accepted')
  const session = new inspector.Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    await session.post('Profiler.takePreciseCoverage')
    expect((await post(second!)).code).toBe('accepted')
    const { result } = await session.post('Profiler.takePreciseCoverage')
    return result
      .filter(({ functions }) => functions.some(({ functionName, ranges }) => functionName && ranges[0]?.count))
      .flatMap(({ url }) => /\/src\/([\w./-]+\.ts)(?:\?|$)/.exec(url)?.[1] ?? [])
      .filter((file) => sources.includes(file))
  } finally {
    session.disconnect()
  }
}

test('receiveDelivery reaches its answer through 14 files, those that src/README.md names', async () => {
  const walked = await filesWalked()
  const opened = walked.filter((file) => file.startsWith('receive/') && file !== 'receive/receive.ts')
  const page = readFileSync('src/README.md', 'utf8')
  const section = page.slice(page.indexOf('1. Outside'), page.indexOf('Each folder below'))
  const named = [...section.matchAll(/`(receive\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file)
  expect(['receive/pipeline.ts', ...named].sort()).toEqual(opened.sort())
  expect(page).toContain(`opens ${opened.length} files of`)
  expect(opened.length).toBeLessThanOrEqual(14)
  // Below `receive` each folder is entered by the functions that the page names; so many files run there in all.
  const below = walked.filter((file) => !/^(?:receive|callbacks)\//.test(file))
  expect(below.length, below.join(' ')).toBeLessThanOrEqual(Number(/At most (\d+) more files/.exec(page)?.[1]))
})

test('src has at most so many files, and lines that can be read', () => {
  expect(sources.length).toBeLessThanOrEqual(196)
  // Statements, inside of strings.
  const exempt = ['engines/postgres/effects-table.ts']
  const readable = sources.filter((file) => !exempt.includes(file))
  const long = readable.flatMap((file) =>
    readFileSync(join('src', file), 'utf8')
      .split('\n')
      .filter((line) => line.length > 120 && !stringOrPattern.test(line) && !line.includes('://'))
      .map((line) => `${file}: ${line}`),
  )
  expect(long).toEqual([])
})
