import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { describe, expect, test } from 'vitest'
import {
  smileIdCallbacks,
  type DeliveryReport,
  type SmileIdCallbacks,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'

// HTTP byte by byte, as proxies, old clients and broken ones write it; vitest fails on every uncaught error and
// rejection.

const hosts: [string, (callbacks: SmileIdCallbacks) => RequestListener][] = [
  ['Express', (callbacks) => express().use('/smile-id', callbacks.router)],
  ['callbacks.node', (callbacks) => callbacks.node],
  [
    'callbacks.fetch behind Hono',
    (callbacks) => getRequestListener((request) => callbacks.fetch(request, { clientIp: '127.0.0.1' })),
  ],
]

interface Talk {
  write: (text: string) => void
  /** Sends no more, and still listens. */
  halfClose: () => void
  /** All that has come once it fits. */
  until: (pattern: RegExp) => Promise<string>
  closed: Promise<string>
  reports: DeliveryReport[]
  callbacks: SmileIdCallbacks
}

async function talk(
  host: (callbacks: SmileIdCallbacks) => RequestListener,
  use: (talk: Talk) => Promise<void>,
  options: Partial<SmileIdCallbacksOptions> = {},
): Promise<void> {
  const reports: DeliveryReport[] = []
  const callbacks = smileIdCallbacks({
    ...testOptions,
    allowedIps: ['127.0.0.1'],
    ...options,
    onDelivery: (report) => reports.push(report),
  })
  callbacks.onAny(() => undefined)
  const server = createServer(host(callbacks))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  let came = ''
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const one of waiting) one()
  }
  socket
    .on('data', (data) => {
      came += data.toString('latin1')
      wake()
    })
    .on('error', wake)
  const closed = new Promise<string>((resolve) =>
    socket
      .on('end', () => {
        resolve(came)
      })
      .on('close', () => {
        resolve(came)
        wake()
      }),
  )
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`never came: ${String(pattern)}; only ${came}`))
      }, 5_000)
      const look = () => {
        if (!pattern.test(came)) return
        clearTimeout(timer)
        waiting.delete(look)
        resolve(came)
      }
      waiting.add(look)
      look()
    })
  try {
    await use({
      write: (text) => socket.write(text, 'latin1'),
      halfClose: () => socket.end(),
      until,
      closed,
      reports,
      callbacks,
    })
  } finally {
    socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const statuses = (came: string): number[] =>
  [...came.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status))
const head = (headers: Record<string, string>, more: Record<string, string | number> = {}, version = '1.1') =>
  [
    `POST /smile-id HTTP/${version}`,
    'Host: receiver.test',
    ...Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n') + '\r\n\r\n'
const whole = ({ headers, body }: { headers: Record<string, string>; body: string }, more = {}, version?: string) =>
  head(headers, { 'Content-Length': Buffer.byteLength(body), ...more }, version) + body
const chunked = (text: string, at = 40) =>
  [text.slice(0, at), text.slice(at)].map((part) => `${part.length.toString(16)};ext="a;b"\r\n${part}\r\n`).join('')

const v1 = v1Delivery()
const v3 = v3Delivery()
const unsigned = { headers: { 'Content-Type': 'application/json' }, body: '{"ResultCode":"0810"}' }
const large = { headers: unsigned.headers, body: JSON.stringify({ photo: 'x'.repeat(100_000) }) }

describe.each(hosts)('%s', (_, host) => {
  const answered = (raw: string, ...expected: number[]) =>
    talk(host, async ({ write, until }) => {
      write(raw)
      expect(statuses(await until(new RegExp(`(?:HTTP/1[^]*?){${expected.length}}\\}`)))).toEqual(expected)
    })

  test('once it shuts down, an answer ends its connection: the next one finds another process', async () => {
    await talk(host, async ({ write, until, closed, callbacks }) => {
      write(whole(v3))
      expect(statuses(await until(/\}/))).toEqual([200])
      await callbacks.close()
      write(whole(v3))
      const [, refused] = (await until(/shutting_down[^]*\}/)).split('{"received":true}')
      expect(refused).toMatch(/^connection: close\r$/im)
      expect(statuses(await closed)).toEqual([200, 503])
    })
  })

  test.each([
    ['v1', v1],
    ['v3', v3],
  ])('a genuine delivery in chunks with extensions and trailers: %s', async (__, delivery) => {
    await answered(
      `${head(delivery.headers, { 'Transfer-Encoding': 'chunked', Trailer: 'X-Sum, Response-Signature' })}${chunked(delivery.body)}0\r\nX-Sum: 1\r\nResponse-Signature: AAAA\r\n\r\n`,
      200,
    )
  })

  test('what stands in a trailer proves nothing', async () => {
    const { 'Response-Signature': signature, 'Response-Timestamp': timestamp, ...plain } = v3.headers
    await answered(
      `${head(plain, { 'Transfer-Encoding': 'chunked' })}${chunked(v3.body)}0\r\nResponse-Signature: ${signature}\r\nResponse-Timestamp: ${timestamp}\r\n\r\n`,
      401,
    )
  })

  test('a genuine delivery byte by byte', async () => {
    await talk(host, async ({ write, until }) => {
      const text = whole(v1)
      for (const byte of text.slice(0, 300)) {
        write(byte)
        await new Promise((resolve) => setImmediate(resolve))
      }
      write(text.slice(300))
      expect(statuses(await until(/\}$/))).toEqual([200])
    })
  })

  test('Expect: 100-continue: told to go on, then answered', async () => {
    await talk(host, async ({ write, until }) => {
      write(head(v3.headers, { 'Content-Length': v3.body.length, Expect: '100-continue' }))
      await until(/100 Continue\r\n\r\n/)
      write(v3.body)
      expect(statuses(await until(/\}$/))).toEqual([100, 200])
    })
  })

  test('Expect: 100-continue, and a refusal: answered without the body', async () => {
    await talk(host, async ({ write, until }) => {
      write(head(v3.headers, { 'Content-Length': 5_000_000, Expect: '100-continue' }))
      expect(statuses(await until(/\}/)).at(-1)).toBe(413)
    })
  })

  test.each([
    ['an expectation that is none', whole(v1, { Expect: 'a-miracle' }), 417],
    [
      'HTTP/1.0 without a length, and so without a body',
      `POST /smile-id HTTP/1.0\r\nContent-Type: application/json\r\n\r\n${v1.body}`,
      400,
    ],
  ])('%s', async (__, raw, status) => {
    await talk(host, async ({ write, until, reports }) => {
      write(raw)
      expect(statuses(await until(/HTTP\/1.1 4/))).toContain(status)
      expect(reports.map(({ code }) => code)).not.toContain('accepted')
    })
  })

  test('three deliveries at once on one connection, refused, genuine and forged', () =>
    answered(
      whole(unsigned) + whole(v1) + whole({ ...v3, headers: { ...v3.headers, 'Response-Signature': 'AAAA' } }),
      401,
      200,
      401,
    ))

  test('a connection goes on after each refusal of a short body', async () => {
    await talk(host, async ({ write, until }) => {
      const sent = [
        unsigned,
        { ...unsigned, body: '{' },
        { ...unsigned, headers: { 'Content-Type': 'text/plain' } },
        v1,
        { ...v3, headers: { ...v3.headers, 'Content-Encoding': 'zstd' } },
        v3,
      ]
      for (const [i, one] of sent.entries()) {
        write(whole(one))
        await until(new RegExp(`(?:HTTP/1[^]*?\\}\\}?){${i + 1}}$`))
      }
      expect(statuses(await until(/./))).toEqual([401, 400, 415, 200, 415, 200])
    })
  })

  test('what follows a refused long body is no delivery of its own', async () => {
    await talk(
      host,
      async ({ write, until, reports }) => {
        write(head(large.headers, { 'Content-Length': large.body.length }))
        expect(statuses(await until(/\}/))).toEqual([403])
        write(large.body.slice(5) + whole(v1))
        await new Promise((resolve) => setTimeout(resolve, 100))
        expect(reports.map(({ code }) => code)).toEqual(['ip_not_allowed'])
      },
      { allowedIps: ['192.0.2.1'] },
    )
  })

  test.each([
    ['1.0', {}],
    ['1.0', { Connection: 'keep-alive' }],
    ['1.1', { Connection: 'close' }],
  ])('HTTP/%s with %j', async (version, more) => {
    await talk(host, async ({ write, until, closed }) => {
      write(whole(v1, more, version))
      expect(statuses(await until(/\}/))).toEqual([200])
      if (!('Connection' in more) || more.Connection === 'close') expect(statuses(await closed)).toEqual([200])
    })
  })

  test('a sender that has closed its half gets its answer', async () => {
    await talk(host, async ({ write, halfClose, closed }) => {
      write(whole(v1))
      halfClose()
      expect(statuses(await closed)).toEqual([200])
    })
  })

  test.each([
    ['in the middle of its body', whole(v1).slice(0, -20)],
    ['in the middle of a chunk', `${head(v3.headers, { 'Transfer-Encoding': 'chunked' })}40\r\n{`],
    ['after its headers', head(v3.headers, { 'Content-Length': 10 })],
  ])('a sender that closes its half %s is let go, and the process lives', async (__, raw) => {
    await talk(host, async ({ write, halfClose, closed, reports }) => {
      write(raw)
      halfClose()
      expect([[], [400]]).toContainEqual(statuses(await closed))
      await expect.poll(() => reports.map(({ code }) => code).filter((code) => code !== 'body_incomplete')).toEqual([])
    })
  })

  test.each([
    ['shorter', -5],
    ['longer', 30],
  ])('a length that is a lie: the body is %s', async (__, by) => {
    await talk(host, async ({ write, halfClose, closed, reports }) => {
      write(head(v3.headers, { 'Content-Length': v3.body.length + by }) + v3.body)
      halfClose()
      expect(statuses(await closed).filter((status) => status !== 400)).toEqual([])
      expect(reports.map(({ code }) => code)).not.toContain('accepted')
    })
  })
})
