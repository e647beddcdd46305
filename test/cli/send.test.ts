import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type SmileIdCallbacksOptions, type SmileIdEvent } from '../../src/index.ts'
import { sampleCases, signDelivery } from '../../src/testing/index.ts'
import { credential, v1Delivery, v1Payload, v3Payload } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { env, run } from './support.ts'
import { temporaryFolder } from './temporary.ts'

/** Runs `send` against a receiver, and gives what it printed and what arrived. */
async function sending(args: string, options: Partial<SmileIdCallbacksOptions> = {}) {
  const events: SmileIdEvent[] = []
  const bytes: (number | undefined)[] = []
  const callbacks = smileIdCallbacks({
    credentials: credential,
    allowedIps: '127.0.0.1',
    logger: false,
    onDelivery: ({ body }) => bytes.push(body?.bytes),
    ...options,
  })
  callbacks.onAny((event) => events.push(event))
  const ran = await serving(express().use('/smile-id', callbacks.router), (url) =>
    run(`send --to ${url}/smile-id ${args}`),
  )
  return { ...ran, events, bytes }
}

const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('one delivery', () => {
  test('is printed with status, time and answer', async () => {
    const { code, out, events } = await sending(
      '--product document_verification --outcome rejected --param account_id=acc-1 --param note=a=b --job-id job-1',
    )
    expect(code).toBe(0)
    expect(out).toMatch(/^200 +\d+ ms {2}document_verification rejected \(v3\) {2}job-1\n +\{"received":true\}\n$/)
    expect(events).toMatchObject([
      {
        product: 'document_verification',
        outcome: 'rejected',
        jobId: 'job-1',
        partnerParams: { account_id: 'acc-1', note: 'a=b' },
      },
    ])
  })

  test('that is refused ends with 1', async () => {
    const { code, out } = await sending('--api-key forged --json')
    expect(code).toBe(1)
    expect(lines(out)).toMatchObject([
      { status: 401, accepted: false, answer: expect.stringContaining('signature_mismatch') as string },
      { planned: 1, sent: 1, accepted: 0 },
    ])
  })

  test('to nobody ends with 1', async () => {
    const { code, out } = await run('send --to http://127.0.0.1:9/')
    expect(code).toBe(1)
    expect(out).toMatch(/^--- .*connection refused\n$/s)
  })

  test('with a code of its own is not called by the outcome that the code is not', async () => {
    const { out, events } = await sending('--product biometric_kyc --code 0811 --json')
    expect(events).toMatchObject([{ outcome: 'rejected' }])
    expect(lines(out)[0]).toMatchObject({ about: 'biometric_kyc code 0811 (v1)', accepted: true })
  })

  test.each([
    ['--product biometric_kyc --code 0811 --outcome rejected', { result: { code: '0811' } }],
    [
      '--product biometric_kyc --outcome rejected --reason spoof_detected',
      { result: { status: 'block', reason: 'spoof_detected' } },
    ],
    ['--product biometric_kyc --outcome id_info --id-step failed', { kind: 'id_info', idStep: 'failed' }],
    ['--product aml_monitoring', { kind: 'monitoring' }],
    ['', { product: 'document_verification', outcome: 'approved' }],
  ])('%s', async (args, expected) => {
    const { events } = await sending(args)
    expect(events).toMatchObject([expected])
  })

  test.each([
    ['1.4mb', 1_468_006],
    ['2000', 2000],
    ['1572864', 1_572_864],
  ])('--size %s', async (size, expected) => {
    for (const generation of ['v1', 'v3']) {
      const { code, bytes } = await sending(
        `--generation ${generation} --product one_time_aml --outcome attention --size ${size}`,
      )
      expect({ code, bytes }).toEqual({ code: 0, bytes: [expected] })
    }
  })
})

test('every product, outcome and generation', async () => {
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: '127.0.0.1', logger: false })
  const events: SmileIdEvent[] = []
  callbacks.onAny((event) => events.push(event))
  await serving(express().use(callbacks.router), async (url) => {
    for (const { product, outcome, generation } of sampleCases) {
      const { code } = await run(
        `send --to ${url} --product ${product} --outcome ${outcome} --generation ${generation}`,
      )
      const event = events.pop()!
      expect({
        code,
        product: event.product,
        said: event.kind === 'result' ? event.outcome : event.kind,
        generation: event.delivery.generation,
      }).toEqual({ code: 0, product, said: outcome, generation })
    }
  })
})

describe('many', () => {
  test('a story, shuffled and repeated: the same facts, each as often as asked', async () => {
    const { code, out, events } = await sending('--product biometric_kyc --story --shuffle --seed 7 --repeat 3 --json')
    expect(code).toBe(0)
    expect(lines(out).at(-1)).toEqual({ planned: 9, sent: 9, accepted: 9 })
    expect(
      new Set(
        lines(out)
          .slice(0, -1)
          .map(({ about }) => about),
      ).size,
    ).toBe(3)
    expect(
      lines(out)
        .slice(0, 3)
        .map(({ about }) => about),
    ).not.toEqual(['biometric_kyc id_info (v1)', 'biometric_kyc provisional (v1)', 'biometric_kyc approved (v1)'])
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
  })

  test('a story of a screening has no review', async () => {
    const { code, out } = await sending('--product one_time_aml --story --outcome attention --json')
    expect(code).toBe(0)
    expect(
      lines(out)
        .slice(0, -1)
        .map(({ about }) => about),
    ).toEqual(['one_time_aml attention (v3)'])
  })

  test('more than a screen holds are summed up', async () => {
    const { code, out } = await sending('--repeat 25')
    expect(code).toBe(0)
    expect(out).toMatch(/^25 of 25 accepted; median \d+ ms, p99 \d+ ms\n {2}25 × 200 \{"received":true\}\n$/)
  })

  test('a bar goes to a terminal alone', async () => {
    const server = createServer((_req, res) => res.end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const { err } = await run(`send --to http://127.0.0.1:${port} --repeat 21`, { errIsTerminal: true })
    server.close()
    expect(err).toContain('[##############################] 100 %  21/21')
    expect((await sending('--repeat 21')).err).toBe('')
  })

  test('a rate is kept', async () => {
    const started = performance.now()
    const { code } = await sending('--repeat 11 --rate 50')
    expect(code).toBe(0)
    // Eleven at fifty a second: the last starts after 200 ms at the earliest.
    expect(performance.now() - started).toBeGreaterThan(199)
  })

  test('one refusal among many is no success', async () => {
    let count = 0
    const server = createServer((_req, res) => {
      count += 1
      res.writeHead(count === 2 ? 503 : 200).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const { code, out } = await run(`send --to http://localhost:${port} --repeat 3`)
    server.close()
    expect(code).toBe(1)
    expect(out).toContain('2 of 3 accepted')
  })
})

describe('from captures', () => {
  const old = { receivedAt: '2026-10-14T09:00:01.000Z', ...v1Delivery() }

  test('signed anew they are accepted, as they are they are too old', async () => {
    const folder = await temporaryFolder()
    await writeFile(`${folder}/1.json`, JSON.stringify(old))
    const again = await sending(`--from ${folder}`)
    expect(again).toMatchObject({ code: 0, events: [{ jobId: 'job-1', outcome: 'approved' }] })
    const asIs = await sending(`--from ${folder}/1.json --as-is --json`)
    expect(asIs.code).toBe(1)
    expect(asIs.out).toContain('timestamp_expired')
  })

  test.each(['v1', 'v3'] as const)(
    'a compressed %s capture is delivered as it came, or signed anew',
    async (generation) => {
      const folder = await temporaryFolder()
      const { headers, body } = signDelivery({
        generation,
        credential,
        payload: generation === 'v1' ? v1Payload : v3Payload,
        jobId: 'job-1',
      })
      const zipped = {
        headers: { ...headers, 'Content-Encoding': 'gzip' },
        body: gzipSync(body).toString('base64'),
        bodyEncoding: 'base64',
      }
      await writeFile(`${folder}/1.json`, JSON.stringify(zipped))
      expect(await sending(`--from ${folder}`)).toMatchObject({
        code: 0,
        events: [{ jobId: 'job-1', outcome: 'approved' }],
      })
      expect(await sending(`--from ${folder} --as-is`)).toMatchObject({
        code: 0,
        events: [{ jobId: 'job-1', outcome: 'approved' }],
      })
    },
  )

  test('of a folder, where one cannot be signed anew, and one is masked: all others are sent, and summed up', async () => {
    const folder = await temporaryFolder()
    await writeFile(`${folder}/1.json`, JSON.stringify({ headers: {}, body: 'x' }))
    await writeFile(
      `${folder}/2.json`,
      JSON.stringify({ ...old, redacted: true, report: { code: 'timestamp_expired', status: 401 } }),
    )
    await writeFile(`${folder}/3.json`, JSON.stringify(old))
    const { code, out, err, events } = await sending(`--from ${folder}`)
    expect(events).toMatchObject([{ jobId: 'job-1' }])
    expect(out).toContain('1 of 3 accepted')
    expect(out).toMatch(/^--- .*1\.json\n +The body of .*1\.json is not a JSON object/m)
    expect(out).toMatch(/^200 .*3\.json\n/m)
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('add --as-is') as string })
  })

  test('a body that cannot be signed anew', async () => {
    const folder = await temporaryFolder()
    await writeFile(`${folder}/1.json`, JSON.stringify({ headers: {}, body: 'x' }))
    expect(await sending(`--from ${folder}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('add --as-is') as string,
    })
  })
})

test('no answer of a receiver can play tricks on the terminal', async () => {
  const server = createServer((_req, res) => res.writeHead(500).end('\u001B[2J\u0007evil\n'.repeat(100)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { out } = await run(`send --to http://127.0.0.1:${port}`, { env: { ...env, NO_COLOR: '1' } })
  server.close()
  expect(out).not.toContain('\u001B')
  expect(out.length).toBeLessThan(500)
})
