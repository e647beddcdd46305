import express, { type Request } from 'express'
import { describe, expect, test } from 'vitest'
import type { SmileIdCallbacksOptions } from '../../src/index.ts'
import { senderIp, v1Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

describe("Express's trust proxy decides", () => {
  async function post(
    trust: unknown,
    headers: Record<string, string>,
    options: Partial<SmileIdCallbacksOptions> = {},
    times = 1,
  ) {
    const warnings: string[] = []
    const logger = { warn: (_: object, message: string) => warnings.push(message), error: () => undefined }
    const { callbacks, reports } = receiver({ logger, ...options })
    const app = express()
    if (trust !== undefined) app.set('trust proxy', trust)
    app.use('/smile-id', callbacks.router)
    await serving(app, async (url) => {
      for (let i = 0; i < times; i += 1) {
        const { method, headers: own, body } = v1Delivery()
        await (await fetch(`${url}/smile-id`, { method, headers: { ...own, ...headers }, body })).text()
      }
    })
    return {
      reports,
      setUp: warnings.filter((message) => message.includes('trust proxy') && !message.includes('ip_not_allowed')),
    }
  }
  const forwarded = { 'X-Forwarded-For': senderIp }

  test('one proxy trusted: its last entry counts, and a forged first one does not', async () => {
    const genuine = await post(1, { 'X-Forwarded-For': `203.0.113.9, ${senderIp}` })
    expect(genuine.reports[0]).toMatchObject({ code: 'accepted', clientIp: senderIp })
    const forged = await post(1, { 'X-Forwarded-For': `${senderIp}, 203.0.113.9` })
    expect(forged.reports[0]).toMatchObject({ code: 'ip_not_allowed', clientIp: '203.0.113.9' })
    expect(forged.setUp).toEqual([])
  })

  test('off: the header changes nothing, and one warning says what to set', async () => {
    const { reports, setUp } = await post(undefined, forwarded, {}, 3)
    expect(reports.map(({ code }) => code)).toEqual(['ip_not_allowed', 'ip_not_allowed', 'ip_not_allowed'])
    expect(setUp).toEqual([
      "express-smile-id: Deliveries come through a proxy, but Express's 'trust proxy' is off, so req.ip is the proxy's address. Set app.set('trust proxy', 1), or the number or the addresses of your proxies.",
    ])
  })

  test('true: one warning that any sender can choose its address', async () => {
    const { setUp } = await post(true, forwarded, {}, 3)
    expect(setUp).toEqual([
      "express-smile-id: Express's 'trust proxy' is true, or a function that always says so, so any sender can choose its own address. Set it to the number of your proxies, such as app.set('trust proxy', 1), or to their addresses. Where your host sets it, as Google's functions framework does, give the option clientIp.",
    ])
  })

  test("off without the header, or with a way of one's own to the address: no warning", async () => {
    expect((await post(undefined, {})).setUp).toEqual([])
    const clientIp = (req: Request) => req.get('x-real-ip')
    const own = await post(undefined, { ...forwarded, 'X-Real-IP': senderIp }, { clientIp })
    expect(own.setUp).toEqual([])
    expect(own.reports[0]).toMatchObject({ code: 'accepted', clientIp: senderIp })
  })

  test('a trust function that throws allows nobody, and its owner is told', async () => {
    const thrown = new Error('no')
    const told: unknown[] = []
    const { reports } = await post(
      () => {
        throw thrown
      },
      forwarded,
      { onError: (error, { where }) => void told.push([where, error]) },
    )
    expect(reports[0]).toMatchObject({ code: 'ip_not_allowed', cause: 'address_unknown' })
    expect(told).toEqual([['clientIp', thrown]])
  })

  test('a clientIp function that throws allows nobody', async () => {
    const { reports } = await post(
      undefined,
      {},
      {
        clientIp: () => {
          throw new Error('no')
        },
      },
    )
    expect(reports[0]?.code).toBe('ip_not_allowed')
  })
})
