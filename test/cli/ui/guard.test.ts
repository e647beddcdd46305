import { request } from 'node:http'
import { expect, test } from 'vitest'
import { runningListen } from './running.ts'

/** As any program may ask, with any Host: fetch does not let one choose it. */
const ask = (
  url: string,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {},
) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const { port, pathname } = new URL(url)
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        method: options.method ?? 'GET',
        path: options.path ?? pathname,
        headers: options.headers ?? {},
      },
      (answer) => {
        let text = ''
        answer.on('data', (part: Buffer) => {
          text += part.toString()
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(options.body)
  })

test('the page is given to whoever has the token, with a strict policy', async () => {
  const { page } = await runningListen()
  const { status, headers, text } = await ask(page)
  expect({ status, text }).toMatchObject({
    status: 200,
    text: expect.stringContaining('<title>express-smile-id</title>') as string,
  })
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers).toMatchObject({
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  })
  expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/)
})

test('all others are refused', async () => {
  const { page } = await runningListen()
  const { host, origin, pathname, port } = new URL(page)
  const json = { 'Content-Type': 'application/json' }
  const send = {
    method: 'POST',
    path: `${pathname}send`,
    body: '{"what":"forgery","product":"biometric_kyc","outcome":"approved"}',
  }
  const refused: [string, Parameters<typeof ask>[1]][] = [
    ['no token', { path: '/' }],
    ['another token', { path: `/${'A'.repeat(43)}/` }],
    ['half a token', { path: `${pathname.slice(0, 20)}/` }],
    ['a rebound name', { headers: { Host: `evil.example:${port}` } }],
    ['another port in Host', { headers: { Host: '127.0.0.1:1' } }],
    ['another origin', { headers: { Origin: 'http://evil.example' } }],
    ['a null origin', { headers: { Origin: 'null' } }],
    ['another page asks', { path: `${pathname}events`, headers: { 'Sec-Fetch-Site': 'cross-site' } }],
    ['another port asks', { path: `${pathname}data/1`, headers: { 'Sec-Fetch-Site': 'same-site' } }],
    ['to send without an origin', { ...send, headers: json }],
    ['to send from elsewhere', { ...send, headers: { ...json, Origin: 'http://localhost:1' } }],
  ]
  for (const [name, options] of refused)
    expect({ name, status: (await ask(page, options)).status }).toEqual({ name, status: 403 })
  expect((await ask(page, { ...send, headers: { ...json, Host: host, Origin: origin } })).status).toBe(200)
  expect(
    (
      await ask(page, {
        headers: { Host: `localhost:${port}`, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' },
      })
    ).status,
  ).toBe(200)
  expect((await ask(page, { path: `${pathname}nothing` })).status).toBe(404)
  expect((await ask(page, { method: 'PUT', headers: { Origin: origin } })).status).toBe(405)
})

test('two pages never have the same token', async () => {
  const [one, two] = [await runningListen(), await runningListen()]
  expect(new URL(one.page).pathname).toMatch(/^\/[\w-]{43}\/$/)
  expect(new URL(one.page).pathname).not.toBe(new URL(two.page).pathname)
})
