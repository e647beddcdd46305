import { createServer, type RequestListener } from 'node:http'
import express, { type RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import { v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { localReceiver } from '../support/receiver.ts'

const post = (url: string, delivery = v1Delivery()) => fetch(url, delivery)
const bare = (listener: RequestListener, use: (url: string) => Promise<void>) =>
  serving(createServer(listener).listeners('request')[0] as never, use)

describe('without Express', () => {
  test.each(['node', 'router'] as const)(
    'callbacks.%s as the listener of a server: the address is that of the connection',
    async (door) => {
      const { callbacks, reports } = localReceiver()
      await bare(callbacks[door], async (url) => {
        expect((await post(`${url}/smile-id`)).status).toBe(200)
        expect((await post(url, v3Delivery())).status).toBe(200)
        expect((await fetch(url)).status).toBe(405)
      })
      expect(reports.map(({ code, clientIp }) => [code, clientIp])).toEqual([
        ['accepted', '127.0.0.1'],
        ['accepted', '127.0.0.1'],
        ['method_not_allowed', '127.0.0.1'],
      ])
    },
  )

  test('clientIp and path params that a small router has set', async () => {
    const { callbacks, events } = localReceiver({
      allowedIps: ['198.51.100.7'],
      clientIp: (req) => String(req.headers['x-edge-ip']),
    })
    await bare(
      (req, res) => {
        callbacks.node(Object.assign(req, { params: { tenant: 'acme' }, originalUrl: '/acme' }), res)
      },
      async (url) => {
        const delivery = v1Delivery()
        expect(
          (await post(url, { ...delivery, headers: { ...delivery.headers, 'X-Edge-IP': '198.51.100.7' } })).status,
        ).toBe(200)
      },
    )
    expect(events[0]?.delivery).toMatchObject({ clientIp: '198.51.100.7', params: { tenant: 'acme' } })
  })
})

describe('a route that was matched before', () => {
  const before: RequestHandler = (_req, _res, next) => {
    next()
  }
  const everything = /.*/

  test('and does not lead here leaves other paths to the app', async () => {
    const { callbacks, reports } = localReceiver()
    const app = express()
    app.all(everything, before)
    app.use('/smile-id', callbacks.router)
    app.use(callbacks.router)
    app.all(everything, (_req, res) => void res.status(204).end())
    await serving(app, async (url) => {
      for (const path of ['/smile-id/health', '/login']) expect((await fetch(url + path)).status).toBe(204)
      for (const path of ['/smile-id', '/']) expect((await post(url + path)).status).toBe(200)
    })
    expect(reports).toHaveLength(2)
  })

  test('and leads here, straight, through a router or a function of the app', async () => {
    const { callbacks, reports } = localReceiver()
    const app = express()
    app.all(everything, before)
    app.post('/straight', express.json(), callbacks.router)
    app.post('/nested', express.Router().use(callbacks.router))
    app.post('/wrapped', (req, res, next) => {
      callbacks.router(req, res, next)
    })
    app.post('/node', callbacks.node)
    await serving(app, async (url) => {
      for (const path of ['/straight', '/nested', '/wrapped', '/node'])
        expect((await post(url + path)).status, path).toBe(200)
    })
    expect(reports).toHaveLength(4)
  })
})

describe('the body is read from the stream', () => {
  const set =
    (values: object): RequestHandler =>
    (req, _res, next) => {
      Object.assign(req, values)
      next()
    }
  const throwing: RequestHandler = (req, _res, next) => {
    for (const name of ['body', 'rawBody'])
      Object.defineProperty(req, name, {
        configurable: true,
        get: () => {
          throw new Error(name)
        },
      })
    next()
  }
  const collecting: RequestHandler = (req, _res, next) => {
    const host = Object.assign(req, { rawBody: '' })
    req.on('data', (chunk: Buffer) => (host.rawBody += String(chunk)))
    next()
  }
  const watching: RequestHandler = (req, _res, next) => {
    let bytes = 0
    req.on('data', (chunk: Buffer) => (bytes += chunk.length))
    next()
  }
  test.each<[string, RequestHandler]>([
    ['a rawBody that is not filled yet', set({ rawBody: '' })],
    ['a collector that fills rawBody meanwhile', collecting],
    ['somebody who only watches', watching],
    ['a body that is no parsed one: an object', set({ body: { tenant: 'acme' } })],
    ['a body that is no parsed one: a text', set({ body: 'acme' })],
    ['a body that is null', set({ body: null })],
    ['a body that is a function', set({ body: () => ({}) })],
    ['bytes that are not its own', set({ body: Buffer.from('{}'), rawBody: Buffer.from('{}') })],
    ['properties that throw', throwing],
  ])('while nobody has read it, whatever is on the request: %s', async (_, before) => {
    const { callbacks, events } = localReceiver()
    const app = express().use(before).use('/smile-id', callbacks.router)
    await serving(app, async (url) => {
      for (const delivery of [v1Delivery(), v3Delivery()])
        expect((await post(`${url}/smile-id`, delivery)).status).toBe(200)
    })
    expect(events).toHaveLength(2)
    expect(events[0]?.payload).toMatchObject(v1Payload)
  })

  test('and a refused one leaves its connection usable, also where somebody listens', async () => {
    const { callbacks } = localReceiver({ allowedIps: ['192.0.2.1'] })
    await serving(express().use(watching).use('/smile-id', callbacks.router), async (url) => {
      for (let i = 0; i < 5; i += 1) expect((await post(`${url}/smile-id`)).status).toBe(403)
    })
  })
})
