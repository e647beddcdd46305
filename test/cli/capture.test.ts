import { describe, expect, test } from 'vitest'
import { readCapture } from '../../src/cli/inspect/read/input.ts'
import { v3Delivery } from '../support/deliveries.ts'
import { run } from './support.ts'

const { headers, body } = v3Delivery()
const raw = [
  'POST /smile-id HTTP/1.1',
  'Host: example.test',
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  '',
  body,
].join('\r\n')

describe('a capture may be', () => {
  test.each([
    ['JSON', JSON.stringify({ method: 'POST', headers, body })],
    ['JSON with a parsed body', JSON.stringify({ headers, body: JSON.parse(body) as unknown })],
    [
      'JSON with bytes',
      JSON.stringify({ headers, body: Buffer.from(body).toString('base64'), bodyEncoding: 'base64' }),
    ],
    ['a raw request', raw],
  ])('%s', async (_name, text) => {
    const { code, out } = await run('inspect - --json --at 2026-10-14T09:00:00Z', {
      readStdin: () => Promise.resolve(text),
    })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      status: 200,
      code: 'accepted',
      event: { product: 'document_verification' },
    })
  })

  test('a body alone, a broken one included', () => {
    expect(readCapture('{"ResultCode":"0810"}')).toEqual({ method: 'POST', headers: {}, body: '{"ResultCode":"0810"}' })
    expect(readCapture('{"ResultCode":"08')).toEqual({ method: 'POST', headers: {}, body: '{"ResultCode":"08' })
  })
})

test('colours on a terminal alone, and not against NO_COLOR', async () => {
  const readStdin = () => Promise.resolve(raw)
  const escape = '\u001B['
  expect((await run('inspect -', { readStdin })).out).not.toContain(escape)
  expect((await run('inspect -', { readStdin, outIsTerminal: true })).out).toContain(escape)
  expect(
    (
      await run('inspect -', {
        readStdin,
        outIsTerminal: true,
        env: { NO_COLOR: '1', SMILE_ID_PARTNER_ID: '085', SMILE_ID_API_KEY: 'k' },
      })
    ).out,
  ).not.toContain(escape)
})
