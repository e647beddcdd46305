import express from 'express'
import { expect, test } from 'vitest'
import { v1Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { localReceiver } from '../support/receiver.ts'

const post = (url: string) => fetch(url, v1Delivery())

test('several mounts, with path params of the mount and of the router above', async () => {
  const { callbacks, events } = localReceiver()
  const tenants = express.Router({ mergeParams: true })
  tenants.use('/smile-id/:environment', callbacks.router)
  const app = express()
  app.use('/first', callbacks.router)
  app.use('/:tenant', tenants)
  await serving(app, async (url) => {
    expect((await post(`${url}/first`)).status).toBe(200)
    expect((await post(`${url}/first/`)).status).toBe(200)
    expect((await post(`${url}/first?from=smile`)).status).toBe(200)
    expect((await post(`${url}/acme/smile-id/sandbox`)).status).toBe(200)
  })
  expect(events.map(({ delivery }) => delivery.params)).toEqual([{}, {}, {}, { tenant: 'acme', environment: 'sandbox' }])
})

test('as the handler of a route, with its params', async () => {
  const { callbacks, events } = localReceiver()
  const app = express()
  app.post('/hooks/:tenant', callbacks.router)
  await serving(app, async (url) => {
    expect((await post(`${url}/hooks/acme`)).status).toBe(200)
  })
  expect(events[0]?.delivery.params).toEqual({ tenant: 'acme' })
})

test('other paths below the mount are left to the app', async () => {
  const { callbacks, reports } = localReceiver()
  const app = express()
  app.use(callbacks.router)
  app.get('/health', (_req, res) => void res.send('well'))
  await serving(app, async (url) => {
    expect(await (await fetch(`${url}/health`)).text()).toBe('well')
    expect((await post(`${url}/elsewhere`)).status).toBe(404)
    expect((await post(url)).status).toBe(200)
  })
  expect(reports).toHaveLength(1)
})

test('an answer that somebody else has given is left alone', async () => {
  const { callbacks, reports } = localReceiver()
  const app = express()
  app.use((_req, res, next) => {
    res.status(202).end('gone')
    next()
  })
  app.use('/smile-id', callbacks.router)
  await serving(app, async (url) => {
    expect((await post(`${url}/smile-id`)).status).toBe(202)
  })
  expect(reports).toHaveLength(1)
})

test('the doors work without their object', async () => {
  const { callbacks } = localReceiver()
  const { fetch: door, receive } = callbacks
  expect((await receive({ ...v1Delivery(), clientIp: '127.0.0.1' })).code).toBe('accepted')
  const request = new Request('https://receiver.test/', v1Delivery())
  expect((await door(request, { clientIp: '127.0.0.1', params: { tenant: 'acme' } })).status).toBe(200)
})

test('the fetch door refuses a request whose body was read', async () => {
  const { callbacks, reports } = localReceiver()
  const request = new Request('https://receiver.test/', v1Delivery())
  await request.text()
  expect((await callbacks.fetch(request, { clientIp: '127.0.0.1' })).status).toBe(400)
  expect(reports[0]?.code).toBe('body_incomplete')
})
