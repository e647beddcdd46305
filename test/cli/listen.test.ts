import { readdir, readFile, stat } from 'node:fs/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { saver } from '../../src/cli/listen/command.ts'
import { main } from '../../src/cli/main.ts'
import { jobStory, sample, signDelivery, type SampleOverrides } from '../../src/testing/index.ts'
import { credential } from '../support/deliveries.ts'
import { fakeIo, run } from './support.ts'
import { temporaryFolder } from './temporary.ts'

/** Starts `listen`, and gives its URL and what it writes. */
async function listening(args = '') {
  const stop = new AbortController()
  const io = fakeIo({ stop: stop.signal })
  const ended = main(['listen', '--port', '0', ...args.split(' ').filter(Boolean)], io)
  onTestFinished(async () => {
    stop.abort()
    expect(await ended).toBe(0)
  })
  const url = await vi.waitFor(
    () => /http:\/\/127\.0\.0\.1:\d+/.exec(io.written.err)?.[0] ?? Promise.reject(new Error('not yet')),
    { timeout: 30_000 },
  )
  const heard = (text: string) => vi.waitFor(() => expect(io.written.out).toContain(text), { timeout: 30_000 })
  return { url, written: io.written, heard }
}

const post = async (url: string, { headers, body }: { headers: Record<string, string>; body: string }) => {
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, body: await response.json() }
}
const delivery = (change: SampleOverrides = {}, apiKey = credential.apiKey) =>
  signDelivery({
    generation: 'v3',
    credential: { ...credential, apiKey },
    payload: sample('document_verification', 'approved', change),
  })

describe('listen', () => {
  test('accepts on any path, and shows what came without showing whom', async () => {
    const { url, written, heard } = await listening()
    expect(await post(`${url}/any/path`, delivery({ jobId: 'job-1', id_fields: { full_name: 'CANARY' } }))).toEqual({
      status: 200,
      body: { received: true },
    })
    await heard('200 accepted  /any/path  document_verification approved  job job-1')
    expect(written.out).not.toContain('CANARY')
    expect(written.out + written.err).not.toContain(credential.apiKey)
  })

  test('shows data when asked to', async () => {
    const { url, heard } = await listening('--show-data')
    await post(url, delivery({ id_fields: { full_name: 'CANARY' } }))
    await heard('CANARY')
  })

  test('refuses as the router does, and says why', async () => {
    const { url, heard } = await listening()
    expect(await post(url, delivery({}, 'another key'))).toMatchObject({
      status: 401,
      body: { error: { code: 'signature_mismatch' } },
    })
    await heard('Likely cause (wrong_key)')
    expect(await post(url, { headers: { 'Content-Type': 'application/json' }, body: '{' })).toMatchObject({
      status: 400,
    })
    await heard('Likely cause (cut_off)')
    expect((await fetch(url)).status).toBe(405)
    await heard('Likely cause (method_not_allowed)')
    expect(await post(url, delivery({ padding: 'x'.repeat(1_600_000) }))).toMatchObject({ status: 413 })
    await heard('Likely cause (body_too_large)')
  })

  test('--json', async () => {
    const { url, written, heard } = await listening('--json')
    await post(url, delivery({ jobId: 'job-1' }))
    await heard('\n')
    expect(JSON.parse(written.out)).toMatchObject({
      status: 200,
      code: 'accepted',
      path: '/',
      event: { jobId: 'job-1', outcome: 'approved', userId: '***' },
    })
  })

  test('--save: for its owner alone, for inspect and for send', async () => {
    const folder = `${await temporaryFolder()}/captures`
    const { url, heard } = await listening(`--save ${folder}`)
    for (const step of jobStory('biometric_kyc', { review: true, credential, jobId: 'job-1' })) await post(url, step)
    await heard('0003-accepted.json')
    const files = (await readdir(folder)).sort()
    expect(files).toHaveLength(3)
    expect((await stat(`${folder}/${files[0]!}`)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(`${folder}/${files[0]!}`, 'utf8'))).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
    })

    const inspected = await run(`inspect ${folder}/${files[0]!} --json`)
    expect(inspected.code).toBe(0)
    expect(JSON.parse(inspected.out)).toMatchObject({ code: 'accepted', event: { kind: 'id_info', jobId: 'job-1' } })

    const other = await listening('--json')
    expect(await run(`send --to ${other.url} --from ${folder} --json`)).toMatchObject({ code: 0 })
  })

  test('a port that is taken', async () => {
    const { url } = await listening()
    expect(await run(`listen --port ${new URL(url).port}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is in use') as string,
    })
  })
})

test('--save ends at its bounds', async () => {
  const folder = `${await temporaryFolder()}/bounded`
  const save = await saver(folder, { most: 2 })
  const heard = { capture: { receivedAt: '2026-01-02T03:04:05.678Z' }, report: { code: 'accepted' } } as never
  const saved = [await save(heard), await save(heard), await save(heard)]
  expect(saved.map((file) => file !== undefined)).toEqual([true, true, false])
  expect(await readdir(folder)).toHaveLength(2)
  const small = await saver(folder, { mostBytes: 10 })
  expect(await small(heard)).toBeUndefined()
})

test('no character of a delivery moves or reorders what a terminal shows', async () => {
  const note = `a\u0085\u202Efdp\u2066\u001B]0;x\u0007`
  const { url, written, heard } = await listening('--show-data')
  await post(url, delivery({ partnerParams: { note } }))
  await heard('\\u202e')
  expect(written.out).not.toMatch(/[\u0080-\u009F\u202A-\u202E\u2066-\u2069\u0007]/)
})
