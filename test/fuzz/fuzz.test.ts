import { Agent, createServer, request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import express from 'express'
import * as z from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { smileIdCallbacks, type DeliveryReport } from '../../src/index.ts'
import { codes } from '../../src/report/codes.ts'
import { senderIp, testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { heavyBodies, hostileDelivery, type HostileDelivery } from './deliveries.ts'
import { formed } from './body-forms.ts'
import { createRandom, type Random } from './random.ts'

// A short run with every test; `npm run test:fuzz` is the long one. The same seed makes the same run.
const deliveries = Number(process.env['FUZZ_DELIVERIES'] ?? 3_000)
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
// Where the number is more than there is time for: it stops then, and says how many there were.
const endsAt = performance.now() + 60_000 * Number(process.env['FUZZ_MINUTES'] ?? Infinity)
const hangMs = 20_000

const approved: string[] = []
const broken: string[] = []
const onUnhandled = (reason: unknown) => void broken.push(`unhandled rejection: ${String(reason)}`)

function receiver(partnerParams?: z.ZodType) {
  const callbacks = smileIdCallbacks({
    ...testOptions,
    allowedIps: [senderIp, '127.0.0.1'],
    ...(partnerParams && { partnerParams: partnerParams as never }),
  })
  callbacks.on('approved', (event) => void approved.push(event.id))
  callbacks.onAny(() => undefined)
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']) {
    for (const value of [
      '[object Object]',
      'function Object() { [native code] }',
      'function toString() { [native code] }',
    ])
      callbacks.onPartnerParam(name, value, () => void broken.push(`onPartnerParam of ${name}`))
  }
  callbacks.onUnrecognized(() => undefined)
  return callbacks
}

const receivers = [receiver(), receiver(z.looseObject({ job_id: z.coerce.string() }))]
const server = createServer(express().use(receivers[0]!.router) as Parameters<typeof createServer>[1])
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
let port = 0

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled)
  agent.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const check = (status: number, code?: string): string | undefined => {
  if (code === 'internal_error') return 'internal_error'
  return status === 500 || (status === 503 && code === undefined) ? `status ${status}` : undefined
}

/** The one that took longest, with all that ran beside it; it is measured alone at the end. */
let slowest = { ms: 0, delivery: v1Delivery() as HostileDelivery }

async function viaReceive(delivery: HostileDelivery, random: Random): Promise<string | undefined> {
  const body = random.chance(0.2) ? formed(random, delivery.body) : delivery.body
  const started = performance.now()
  const { status, code }: DeliveryReport = await receivers[delivery.body.length % 2]!.receive({
    ...delivery,
    body,
    clientIp: senderIp,
  })
  const ms = performance.now() - started
  if (ms > slowest.ms) slowest = { ms, delivery }
  return codes[code].status === status ? check(status, code) : `${code} with ${status}`
}

async function viaFetch({ method, headers, body }: HostileDelivery): Promise<string | undefined> {
  let sent: Request
  try {
    sent = new Request('https://receiver.test/', {
      method,
      headers: headers as Record<string, string>,
      ...(!['GET', 'HEAD'].includes(method) && { body: body as string }),
    })
  } catch {
    // The platform itself lets no such request exist.
    return undefined
  }
  const { status } = await receivers[0]!.fetch(sent, { clientIp: senderIp })
  return check(status, 'seen')
}

/** Node's client refuses some headers; the raw shapes below have those. */
const viaHttp = ({ method, headers, body }: HostileDelivery): Promise<string | undefined> =>
  new Promise((resolve) => {
    const sendable = Object.fromEntries(
      Object.entries(headers).filter(([name]) => !/^(content-length|host|transfer-encoding)$/i.test(name)),
    )
    try {
      const sent = request(
        { port, host: '127.0.0.1', method, agent, headers: { ...sendable, 'Content-Length': Buffer.byteLength(body) } },
        (response) => {
          response.resume().on('end', () => resolve(check(response.statusCode ?? 0, 'seen')))
        },
      )
      sent
        .on('error', (error: NodeJS.ErrnoException) =>
          resolve(['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? undefined : String(error)),
        )
        .end(body)
    } catch {
      resolve(undefined)
    }
  })

/**
 * All of them; `hang` for each that has not ended by then. One timer for all: the harness is not to cost more than what
 * it tries.
 */
async function inTime(works: readonly Promise<string | undefined>[]): Promise<(string | undefined)[]> {
  const ends: (string | undefined)[] = works.map(() => 'hang')
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise((resolve) => (timer = setTimeout(resolve, hangMs)))
  const all = works.map((work, i) =>
    work.then(
      (end) => {
        ends[i] = end
      },
      (error: unknown) => {
        ends[i] = `rejected: ${String(error)}`
      },
    ),
  )
  await Promise.race([Promise.all(all), hang])
  clearTimeout(timer)
  return ends
}

/** HTTP and fetch cost several times what a delivery does, and all doors lead to `receive`. */
const viaDoor = (delivery: HostileDelivery, i: number, random: Random): Promise<string | undefined> =>
  i % 16 === 0 ? viaHttp(delivery) : i % 16 === 1 ? viaFetch(delivery) : viaReceive(delivery, random)

/** Says it where a run was asked for: a part of `npm test` is quiet. */
const tell = (line: string): void => {
  if (process.env['FUZZ_DELIVERIES'] !== undefined) process.stdout.write(line)
}

test(`${deliveries} hostile deliveries, seed ${seed}`, { timeout: 7_200_000 }, async () => {
  tell(`fuzz: ${deliveries} deliveries, FUZZ_SEED=${seed}\n`)
  const random = createRandom(seed)
  let sent = 0
  while (sent < deliveries && broken.length === 0 && performance.now() < endsAt) {
    const batch = Array.from({ length: Math.min(32, deliveries - sent) }, () => hostileDelivery(random))
    const ends = await inTime(batch.map((delivery, i) => viaDoor(delivery, i, random)))
    ends.forEach(
      (end, i) =>
        end !== undefined
        && broken.push(
          `delivery ${sent + i}: ${end}: ${JSON.stringify({ ...batch[i], body: Buffer.from(batch[i]!.body).toString('latin1').slice(0, 500) })}`,
        ),
    )
    sent += batch.length
  }
  tell(`fuzz: ${sent} deliveries sent\n`)
  expect(broken).toEqual([])
  expect(approved).toEqual([])
  await saySlowest()
  const control = await receivers[0]!.receive({ ...v1Delivery(), clientIp: senderIp })
  expect(control.code).toBe('accepted')
  expect(approved).toHaveLength(1)
  approved.length = 0
})

async function saySlowest(): Promise<void> {
  const { ms, delivery } = slowest
  let least = Infinity
  for (let run = 0; run < 5; run += 1)
    least = Math.min(
      least,
      await blocked(() => receivers[delivery.body.length % 2]!.receive({ ...delivery, clientIp: senderIp })),
    )
  tell(
    `fuzz: slowest ${ms.toFixed(1)} ms beside others, alone it holds the event loop for ${least.toFixed(1)} ms: ${delivery.body.length} bytes, ${Buffer.from(delivery.body).toString('latin1').slice(0, 40)}\n`,
  )
}

describe('shapes of request smuggling and of no HTTP at all', () => {
  const { headers, body } = v3Delivery()
  const pair = `Response-Signature: ${headers['Response-Signature']!}\r\nResponse-Timestamp: ${headers['Response-Timestamp']!}\r\n`
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const inner = `${head}${pair}Content-Length: ${body.length}\r\n\r\n`
  const smuggled = `POST / HTTP/1.1\r\nHost: x\r\n\r\n`
  test.each<[string, string]>([
    ['length and chunked', `${head}${pair}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `${head}${pair}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${smuggled}`],
    ['an obscured transfer encoding', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['two transfer encodings', `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${head}Content-Length : 5\r\n\r\n{}`],
    ['a folded header', `${head}Response-Signature: AAAA\r\n BBBB\r\nContent-Length: 2\r\n\r\n{}`],
    ['a signature twice', `${head}${pair}${pair}Content-Length: ${body.length}\r\n\r\n${body}`],
    ['NUL in a header', `${head}Response-Signature: A\0A\r\nContent-Length: 2\r\n\r\n{}`],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n{}`],
    ['a length in hex', `${head}Content-Length: 0x2\r\n\r\n{}`],
    ['a chunk of endless size', `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}`],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['a body inside a GET', inner.replace('POST', 'GET') + body],
  ])('%s', async (_, raw) => {
    const said = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.end(raw, 'latin1'))
      const timer = setTimeout(() => socket.destroy(), 3_000)
      socket
        .on('data', (data) => (text += data.toString('latin1')))
        .on('error', () => undefined)
        .on('close', () => {
          clearTimeout(timer)
          resolve(text)
        })
    })
    for (const [, status] of said.matchAll(/^HTTP\/1\.1 (\d+)/gm))
      expect(Number(status)).toSatisfy((code: number) => code >= 400 && code !== 500)
    expect(approved).toEqual([])
    expect(broken).toEqual([])
  })
})

describe('the slowest deliveries cost the event loop at most 200 ms, or ten times JSON.parse of as many bytes', () => {
  // Takes some 20 ms on a machine that does nothing else.
  const ordinary = JSON.stringify(Array.from({ length: 90_000 }, (_, n) => ({ a: `text ${n}` })))
  const parsing = (): number => {
    const used = process.cpuUsage()
    JSON.parse(ordinary)
    const { user, system } = process.cpuUsage(used)
    return (user + system) / 1000
  }
  // Signed: everything that can be made to work on them does.
  const members = heavyBodies.map(([name, text]) => [name, text] as const)
  const wrap = (text: string): string[] => [
    text,
    `{"ResultCode":"9999","PartnerParams":{"job_id":"1"},"x":${text}}`,
    `{"status":"clear","product":"new","partner_params":${text},"job_id":"1"}`,
  ]
  test.each(members)('%s', async (name, text) => {
    for (const body of wrap(text)) {
      let least = Infinity
      let ten = Infinity
      for (let run = 0; run < 5 && least > 20; run += 1) {
        least = Math.min(
          least,
          await blocked(() => receivers[1]!.receive({ ...v3Delivery(), body, clientIp: senderIp })),
        )
        ten = Math.min(ten, 10 * parsing())
      }
      tell(`fuzz: ${name}: ${least.toFixed(1)} ms\n`)
      expect(least).toBeLessThanOrEqual(Math.max(200, ten))
    }
    approved.length = 0
  })
})

/** The longest time in which the event loop did nothing else, ms; not what others on this machine took of it. */
async function blocked(work: () => Promise<unknown>): Promise<number> {
  const used = process.cpuUsage()
  let longest = 0
  let last = performance.now()
  let going = true
  const tick = () => {
    const at = performance.now()
    longest = Math.max(longest, at - last)
    last = at
    if (going) setImmediate(tick)
  }
  await new Promise((resolve) => setImmediate(resolve))
  last = performance.now()
  setImmediate(tick)
  await work()
  going = false
  await new Promise((resolve) => setImmediate(resolve))
  tick()
  const { user, system } = process.cpuUsage(used)
  return Math.min(longest, (user + system) / 1000)
}
