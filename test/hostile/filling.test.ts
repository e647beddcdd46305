import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { brotliCompressSync, constants } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import express, { type RequestHandler } from 'express'
import { describe, expect, test, vi } from 'vitest'
import { smileIdCallbacks, type DeliveryReport, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

const size = 10_000

function filled(options: Partial<SmileIdCallbacksOptions>) {
  const { callbacks, ...made } = receiver(options)
  const post = (
    delivery: { headers: Record<string, string>; method: string },
    body: Readable,
  ): Promise<DeliveryReport> => made.post({ ...delivery, body })
  return { callbacks, post }
}

/** A body that has sent this many bytes and goes on only when it is told to. */
function started(bytes: number): Readable {
  const body = new Readable({ read: () => undefined })
  body.push(Buffer.alloc(bytes, ' '))
  return body
}

/** A genuine body behind blanks, in parts. */
async function sendSlowly(body: Readable, text: string, pauseMs: number): Promise<void> {
  const whole = Buffer.from(' '.repeat(size - Buffer.byteLength(text)) + text)
  for (let at = 0; at < size; at += size / 10) {
    body.push(whole.subarray(at, at + size / 10))
    await sleep(pauseMs)
  }
  body.push(null)
}

describe('bodies that stand still make room for those that move', () => {
  test.each([
    ['unsigned', v1Delivery, 1],
    ['verified', v3Delivery, 4],
  ] as const)('%s ones', async (_, make, times) => {
    const { post } = filled({ maxUnverifiedBytes: 5 * size })
    const stalled = Array.from({ length: 5 * times }, () => started(size))
    const ends = stalled.map((body) => post(v1orV3(make), body))
    await sleep(600)
    const body = new Readable({ read: () => undefined })
    const honest = post(make(), body)
    await sendSlowly(body, make().body, 5)
    expect((await honest).code).toBe('accepted')
    // What was let go is told so, and may come again.
    expect(await Promise.race(ends)).toMatchObject({ code: 'too_many_bodies', status: 503 })
    for (const one of stalled) one.destroy()
    expect(
      (await Promise.all(ends)).map(({ code }) => code).filter((code) => code === 'too_many_bodies').length,
    ).toBeLessThan(4)
  })

  test('even if the others were quick until a while ago and drip on, and it is slow', async () => {
    const { post } = filled({ maxUnverifiedBytes: 5 * size })
    const dripping = Array.from({ length: 5 }, () => started(size - 100))
    const ends = dripping.map((body) => post(v1Delivery(), body))
    const drip = setInterval(() => dripping.forEach((body) => body.readable && body.push(' ')), 50)
    await sleep(2_500)
    const honest = Array.from({ length: 3 }, () => new Readable({ read: () => undefined }))
    const reports = honest.map((body) => post(v1Delivery(), body))
    await Promise.all(honest.map((body) => sendSlowly(body, v1Delivery().body, 250)))
    expect((await Promise.all(reports)).map(({ code }) => code)).toEqual(['accepted', 'accepted', 'accepted'])
    clearInterval(drip)
    for (const one of dripping) one.destroy()
    await Promise.all(ends)
  })

  test('a body that is whole and waits for its credentials is not taken away', async () => {
    let give: (credential: object) => void = () => undefined
    const credentials = () => new Promise<never>((resolve) => (give = resolve as typeof give))
    const { post } = filled({ maxUnverifiedBytes: size, credentials })
    const body = Buffer.from(' '.repeat(8_000) + v1Delivery().body)
    const waiting = post(v1Delivery(), Readable.from([body]))
    await sleep(20)
    expect((await post(v1Delivery(), Readable.from([body]))).code).toBe('too_many_bodies')
    give(testOptions.credentials)
    expect((await waiting).code).toBe('accepted')
  })
})

const v1orV3 = (make: typeof v1Delivery | typeof v3Delivery) => make()

test('what bodies hold is free again however they end, verified or not', async () => {
  const { post } = filled({ maxUnverifiedBytes: size, bodyTimeout: 50 })
  for (const make of [v1Delivery, v3Delivery]) {
    for (let round = 0; round < 5; round += 1) {
      const [late, lost, large] = [started(size - 10), started(size - 10), started(2_000_000)]
      const ends = [post(make(), late), post(make(), lost), post(make(), large)]
      lost.destroy()
      await Promise.all(ends)
    }
    const whole = Readable.from([Buffer.from(' '.repeat(size - 3_000) + make().body)])
    expect((await post(make(), whole)).code).toBe('accepted')
  }
})

describe('150 connections with the head of an archive', () => {
  // Brotli's widest window, and a block that says it fills it: a decoder would make room for it at once.
  const wide = brotliCompressSync(Buffer.alloc(17_000_000, ' '), {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: 17_000_000 },
  })
  test('hold no more than what they sent', async () => {
    expect(wide.length).toBeLessThan(100)
    const callbacks = smileIdCallbacks({ ...testOptions, allowedIps: false })
    const taken = vi.fn()
    const counting: RequestHandler = (_req, _res, next) => {
      taken()
      next()
    }
    const app = express().use(counting, callbacks.router)
    await serving(app, async (url) => {
      const before = held()
      const sockets = await Promise.all(Array.from({ length: 150 }, () => half(Number(new URL(url).port), wide)))
      await vi.waitFor(() => expect(taken).toHaveBeenCalledTimes(150), { timeout: 30_000 })
      await sleep(200)
      const grown = held() - before
      expect(grown).toBeLessThan(64_000_000)
      for (const socket of sockets) socket.destroy()
    })
  })
})

const held = (): number => process.memoryUsage().rss

async function half(port: number, body: Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  socket.write(body.subarray(0, -1))
  return socket
}
