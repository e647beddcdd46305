import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Server as NetServer, type Socket } from 'node:net'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import express, { type Express, type RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import type { SmileIdCallbacksOptions } from '../../src/index.ts'
import { v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { localReceiver } from '../support/receiver.ts'

function appWith(router: RequestHandler, ...before: RequestHandler[]): Express {
  const app = express()
  for (const one of before) app.use(one)
  app.use('/smile-id', router)
  return app
}

const rawBodyHost: RequestHandler = (req, _res, next) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    Object.assign(req, {
      rawBody: Buffer.concat(chunks),
      body: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
    })
    next()
  })
}

const swallowing: RequestHandler = (req, _res, next) => {
  req.resume().on('end', () => next())
}

describe('the body is found', () => {
  const hosts: [string, RequestHandler[], source: string][] = [
    ['mounted alone', [], 'stream'],
    ['after express.json()', [express.json()], 'parsed'],
    ['after express.raw()', [express.raw({ type: '*/*' })], 'bytes'],
    ['after express.text()', [express.text({ type: '*/*' })], 'bytes'],
    ['after express.urlencoded(), which leaves it alone', [express.urlencoded({ extended: false })], 'stream'],
    ['with the rawBody of a serverless host', [rawBodyHost], 'bytes'],
  ]
  test.each(hosts)('%s', async (_, before, source) => {
    const { callbacks, reports, events } = localReceiver()
    await serving(appWith(callbacks.router, ...before), async (url) => {
      for (const { body, headers, method } of [v1Delivery(), v3Delivery()]) {
        const response = await fetch(`${url}/smile-id`, { method, headers, body })
        expect(response.status).toBe(200)
      }
    })
    expect(reports.map(({ body }) => body?.source)).toEqual([source, source])
    expect(events[0]?.payload).toMatchObject(v1Payload)
  })

  test('an empty JSON object that a parser left is not a stream to wait for', async () => {
    const { callbacks, reports } = localReceiver()
    await serving(appWith(callbacks.router, express.json()), async (url) => {
      const { headers } = v1Delivery()
      expect((await fetch(`${url}/smile-id`, { method: 'POST', headers, body: '{}' })).status).toBe(401)
    })
    expect(reports[0]?.code).toBe('signature_missing')
  })

  test('a stream that somebody used up is refused at once, with the fix', async () => {
    const { callbacks, reports } = localReceiver()
    await serving(appWith(callbacks.router, swallowing), async (url) => {
      const { body, headers, method } = v1Delivery()
      expect((await fetch(`${url}/smile-id`, { method, headers, body })).status).toBe(400)
    })
    expect(reports[0]).toMatchObject({
      code: 'body_incomplete',
      hint: expect.stringContaining('mount the router first') as string,
    })
  })

  test('a stream that was given an encoding is refused, not misread', async () => {
    const { callbacks, reports } = localReceiver()
    const decoding: RequestHandler = (req, _res, next) => {
      req.setEncoding('utf8')
      next()
    }
    await serving(appWith(callbacks.router, decoding), async (url) => {
      const { body, headers, method } = v1Delivery()
      expect((await fetch(`${url}/smile-id`, { method, headers, body })).status).toBe(400)
    })
    expect(reports[0]?.code).toBe('body_incomplete')
  })

  test('by the core, as text, bytes, or a parsed object', async () => {
    const { body, ...rest } = v1Delivery()
    const { callbacks } = localReceiver()
    for (const form of [body, Buffer.from(body), new TextEncoder().encode(body), JSON.parse(body) as object]) {
      expect((await callbacks.receive({ ...rest, body: form, clientIp: '127.0.0.1' })).code).toBe('accepted')
    }
  })

  test('by the core, as the compressed bytes of a host that does not inflate', async () => {
    const { body, method } = v1Delivery()
    const { callbacks } = localReceiver()
    for (const bytes of [gzipSync(body), Buffer.from(body)]) {
      const headers = { 'content-encoding': 'gzip' }
      expect((await callbacks.receive({ method, headers, body: bytes, clientIp: '127.0.0.1' })).code).toBe('accepted')
    }
  })
})

describe('encodings', () => {
  const br = (body: string | Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  const encoders = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br, GZIP: gzipSync } as const
  // Kept for the whole run, so that freeing it does not hide what a bomb costs.
  const blanks = Buffer.alloc(128 * 1024 * 1024, ' ')

  test.each(Object.entries(encoders))('%s is inflated', async (encoding, encode) => {
    const { callbacks, reports } = localReceiver()
    const { body, headers, method } = v1Delivery()
    await serving(appWith(callbacks.router), async (url) => {
      const response = await fetch(`${url}/smile-id`, {
        method,
        headers: { ...headers, 'Content-Encoding': encoding },
        body: new Uint8Array(encode(body)),
      })
      expect(response.status).toBe(200)
    })
    expect(reports[0]?.body).toEqual({ source: 'stream', bytes: body.length })
  })

  test.each(Object.entries(encoders))('a bomb in %s is 413 and costs no memory', async (encoding, encode) => {
    const { callbacks, reports } = localReceiver()
    const bomb = new Uint8Array(encode(blanks))
    expect(bomb.length).toBeLessThan(1_572_864)
    const before = process.memoryUsage()
    await serving(appWith(callbacks.router), async (url) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Encoding': encoding }
      const response = await fetch(`${url}/smile-id`, { method: 'POST', headers, body: bomb })
      expect(response.status).toBe(413)
    })
    const { arrayBuffers } = process.memoryUsage()
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(blanks.length / 4)
    expect(reports[0]?.code).toBe('body_too_large')
  })

  test('damage in an archive is 400', async () => {
    const { callbacks, reports } = localReceiver()
    const { headers } = v1Delivery()
    await serving(appWith(callbacks.router), async (url) => {
      const response = await fetch(`${url}/smile-id`, {
        method: 'POST',
        headers: { ...headers, 'Content-Encoding': 'gzip' },
        body: 'no archive',
      })
      expect(response.status).toBe(400)
    })
    expect(reports[0]?.code).toBe('malformed_json')
  })
})

describe('chunked bodies', () => {
  test('are accepted', async () => {
    const { callbacks } = localReceiver()
    const { headers, body } = v1Delivery()
    await serving(appWith(callbacks.router), async (url) => {
      const chunks = [body.slice(0, 10), body.slice(10)]
      expect(await chunkedPost(`${url}/smile-id`, headers, chunks)).toBe(200)
    })
  })

  test('are cut off at the limit', async () => {
    const { callbacks, reports } = localReceiver({ maxBodySize: 100_000 })
    const { headers } = v1Delivery()
    await serving(appWith(callbacks.router), async (url) => {
      const chunks = Array.from({ length: 40 }, () => 'x'.repeat(10_000))
      expect(await chunkedPost(`${url}/smile-id`, headers, chunks)).toBe(413)
    })
    expect(reports[0]?.code).toBe('body_too_large')
  })
})

describe('what a refusal costs', () => {
  const refused: [string, Record<string, string>, Partial<SmileIdCallbacksOptions>, number][] = [
    ['an address that is not allowed', v1Delivery().headers, { allowedIps: ['192.0.2.1'] }, 403],
    ['a bad v3 signature', { ...v3Delivery().headers, 'Response-Signature': 'AAAA' }, {}, 401],
    ['a stale v3 signature', v3Delivery({ timestamp: '2026-10-14T00:00:00.000Z' }).headers, {}, 401],
    ['a declared length over the limit', v1Delivery().headers, { maxBodySize: 1000 }, 413],
    ['a media type that is not JSON', { 'Content-Type': 'text/plain' }, {}, 415],
  ]

  // The sender never sends its body: an answer can only come without it.
  test.each(refused.flatMap((one) => [1_400_000, 2_000].map((length) => [...one, length] as const)))(
    '%s is answered without one byte of the body',
    async (_, headers, options, status, length) => {
      const { callbacks } = localReceiver(options)
      const requests: IncomingMessage[] = []
      const keep: RequestHandler = (req, _res, next) => {
        requests.push(req)
        next()
      }
      await serving(appWith(callbacks.router, keep), async (url) => {
        const head = [
          `POST /smile-id HTTP/1.1`,
          `Host: ${new URL(url).host}`,
          `Content-Length: ${length}`,
          ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        ]
        const socket = connect(Number(new URL(url).port), '127.0.0.1')
        socket.write(`${head.join('\r\n')}\r\n\r\n`)
        const [answer] = (await once(socket, 'data')) as [Buffer]
        expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
        const isLong = length > 16_384
        expect(answer.toString().toLowerCase()).toContain(isLong ? 'connection: close' : 'connection: keep-alive')
        // Kept for the rest of a short body, but not for long.
        if (!isLong) await once(socket, 'close')
        socket.destroy()
      })
      expect(requests).toHaveLength(1)
      // Node counts a read only when data came through the stream.
      expect(requests[0]!.socket.bytesRead).toBeLessThan(1000)
    },
  )
})

describe('a refusal of a short body that arrives with its head', () => {
  const answersTo = async (length: number) => {
    const { callbacks } = localReceiver({ allowedIps: ['192.0.2.1'] })
    let answers = ''
    await serving(appWith(callbacks.router), async (url) => {
      const { host, port } = new URL(url)
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('data', (data) => (answers += data.toString('latin1'))).on('error', () => undefined)
      const request = `POST /smile-id HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`
      const ended = once(socket, 'close')
      socket.write(request)
      await until(() => answers.includes('ip_not_allowed'))
      // What is left of a body must not be taken for the next request.
      socket.write(request)
      await Promise.race([ended, until(() => answers.split('ip_not_allowed').length === 3)])
      socket.destroy()
    })
    return answers
  }

  test.each([1, 2_000, 16_384])(
    'of %d bytes keeps the connection, and another request on it is answered',
    async (length) => {
      const answers = await answersTo(length)
      expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 403'])
      expect(answers.toLowerCase()).not.toContain('connection: close')
    },
  )

  test('of more than that ends it', async () => {
    const answers = await answersTo(16_385)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403'])
    expect(answers.toLowerCase()).toContain('connection: close')
  })
})

test('50 aborted uploads end at once and leave nothing behind', async () => {
  const { callbacks, reports } = localReceiver()
  let arrived = 0
  const counting: RequestHandler = (_req, _res, next) => {
    arrived += 1
    next()
  }
  await serving(appWith(callbacks.router, counting), async (_, server) => {
    const { port } = server.address() as AddressInfo
    const sockets = Array.from({ length: 50 }, (_, index) => halfUpload(port, index % 2 === 0 ? 'gzip' : undefined))
    // One that is gone before its head was read is no upload at all.
    await until(() => arrived === 50)
    await sleep(30)
    for (const socket of sockets) socket.destroy()
    await until(() => reports.length === 50)
    expect(new Set(reports.map(({ code }) => code))).toEqual(new Set(['body_incomplete']))
    await until(async () => (await openConnections(server)) === 0)
  })
  await until(() => !process.getActiveResourcesInfo().some((name) => /zlib|TCPSERVERWRAP/i.test(name)))
})

function halfUpload(port: number, encoding: string | undefined): Socket {
  const socket = connect(port, '127.0.0.1')
  const head = [
    'POST /smile-id HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Content-Length: 100000',
  ]
  if (encoding) head.push(`Content-Encoding: ${encoding}`)
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.write(encoding ? gzipSync('{"half":').subarray(0, 12) : '{"half":')
  return socket
}

const openConnections = (server: NetServer): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await done()) return
    await sleep(10)
  }
  throw new Error('waited in vain')
}

function chunkedPost(url: string, headers: Record<string, string>, chunks: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    for (const chunk of chunks) outgoing.write(chunk)
    outgoing.end()
  })
}
