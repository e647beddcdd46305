import express from 'express'
import { expect, test } from 'vitest'
import { v1Delivery, v3Delivery } from '../support/deliveries.ts'
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
  expect(events.map(({ delivery }) => delivery.params)).toEqual([
    {},
    {},
    {},
    { tenant: 'acme', environment: 'sandbox' },
  ])
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

test.each([
  ['/a/in', 200],
  ['/a/in/', 200],
  ['/a/in?from=smile', 200],
  ['/a/in/more', 404],
  ['/a/IN', 404],
  ['/a/Route/', 200],
  ['/a/Route', 404],
  ['/b/c', 200],
  ['/old', 200],
  ['/x', 200],
  ['/y', 200],
  ['/all', 200],
  ['/t/%E0%A4%A', 400],
] as const)('an app below an app, its routing strict or not, a URL written anew: %s', async (path, status) => {
  const { callbacks } = localReceiver()
  const strict = express().set('strict routing', true).set('case sensitive routing', true)
  strict.use('/in', callbacks.router)
  strict.post('/Route/', callbacks.router)
  const app = express()
  app.use((req, _res, next) => {
    if (req.url === '/old') req.url = '/new?x=1'
    next()
  })
  app.use('/a', strict)
  app.use('/b', express().use('/c', express().use(callbacks.router)))
  app.use(['/new', '/x', '/y'], callbacks.router)
  app.route('/all').all(callbacks.router)
  app.use('/t/:tenant', callbacks.router)
  // What cannot be decoded is Express's to refuse, quietly.
  app.set('env', 'test')
  await serving(app, async (url) => {
    expect((await post(url + path)).status).toBe(status)
  })
})

test('params that are encoded, and that router.param has made a number of', async () => {
  const { callbacks, events } = localReceiver()
  const numbered = express.Router({ mergeParams: true })
  numbered.param('tenant', (req, _res, next, value) => {
    Object.assign(req.params, { tenant: Number(value) })
    next()
  })
  numbered.use('/:tenant', callbacks.router)
  const app = express().use('/numbered', numbered).use('/t/:tenant', callbacks.router)
  await serving(app, async (url) => {
    for (const path of ['/numbered/7', '/t/a%2Fb', '/t/%C3%A9']) expect((await post(url + path)).status).toBe(200)
  })
  expect(events.map(({ delivery }) => delivery.params)).toEqual([{ tenant: '7' }, { tenant: 'a/b' }, { tenant: 'é' }])
})

test.each(['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])(
  '%s at the mount: 405, and what is allowed',
  async (method) => {
    const { callbacks } = localReceiver()
    await serving(express().use('/smile-id', callbacks.router), async (url) => {
      const response = await fetch(`${url}/smile-id`, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    })
  },
)

test('two receivers in one app: each answers at its own mount, and the first where both are', async () => {
  const [first, second] = [localReceiver(), localReceiver()]
  const app = express().use('/first', first.callbacks.router).use('/second', second.callbacks.router)
  app.post('/both', first.callbacks.router, second.callbacks.router)
  await serving(app, async (url) => {
    for (const path of ['/first', '/second', '/both']) expect((await post(url + path)).status).toBe(200)
  })
  expect([first.reports.length, second.reports.length]).toEqual([2, 1])
})

test.each(['a v3 callback', 'a v1 callback that was parsed'])(
  'called as a function at another path it passes on, and says once that it did: %s',
  async (which) => {
    const lines: string[] = []
    const keep = (_facts: object, line: string) => void lines.push(line)
    const { callbacks } = localReceiver({ logger: { warn: keep, error: keep } })
    const app = express()
    if (which.includes('v1')) app.use(express.json())
    app.use((req, res, next) => {
      if (req.path === '/smile-id') callbacks.router(req, res, next)
      else next()
    })
    const delivery = which.includes('v1') ? v1Delivery() : v3Delivery()
    await serving(app, async (url) => {
      for (let i = 0; i < 2; i += 1) expect((await fetch(`${url}/smile-id`, delivery)).status).toBe(404)
      await fetch(`${url}/smile-id`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })
    })
    expect(lines.filter((line) => line.includes('app.use(path, callbacks.router)'))).toHaveLength(1)
  },
)
