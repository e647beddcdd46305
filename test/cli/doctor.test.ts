import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import express, { type Express } from 'express'
import { describe, expect, test, vi } from 'vitest'
import { smileIdCallbacks, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { credential } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { run } from './support.ts'

interface Said {
  ok: boolean
  findings: { name: string; verdict: string; says: string; cause?: string }[]
}

const receiver = (options: Partial<SmileIdCallbacksOptions> = {}) => {
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: '127.0.0.1', logger: false, ...options })
  const handler = vi.fn()
  callbacks.onAny(handler)
  return { callbacks, handler }
}

/** What doctor says of an app, and the causes it names. */
async function examined(app: Express | RequestListener, path = '/smile-id', args = '') {
  const { out, code } = await serving(app as Express, (url) => run(`doctor --url ${url}${path} --json ${args}`))
  const { ok, findings } = JSON.parse(out) as Said
  expect(code).toBe(ok ? 0 : 1)
  return { ok, findings, causes: findings.flatMap(({ cause }) => cause ?? []) }
}

const mounted = (options: Partial<SmileIdCallbacksOptions> = {}) =>
  express().use('/smile-id', receiver(options).callbacks.router)

test('a receiver that works: no handler is called', async () => {
  const { callbacks, handler } = receiver()
  const { ok, findings } = await examined(express().use('/smile-id', callbacks.router))
  expect({ ok, names: findings.map(({ name }) => name) }).toEqual({
    ok: true,
    names: ['reach', 'address', 'forgery', 'signed v3', 'signed v1', 'clock', 'size', 'limit'],
  })
  expect(handler).not.toHaveBeenCalled()
})

test('another machine gets no signature that anybody would take', async () => {
  const times: string[] = []
  const app = express().use((req, _res, next) => {
    const time = req.get('response-timestamp')
    if (time !== undefined) times.push(time)
    next()
  }, mounted())
  const { out, code } = await serving(app, (url) =>
    run(`doctor --url ${url.replace('127.0.0.1', '0.0.0.0')}/smile-id --allow-remote --json`),
  )
  const { findings } = JSON.parse(out) as Said
  expect(findings.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
  expect(findings.map(({ name }) => name)).toContain('size')
  expect(code).toBe(0)
  // The forged one aside, which has another key.
  expect(times.slice(1).length).toBeGreaterThan(0)
  for (const time of times.slice(1)) expect(Date.now() - Date.parse(time)).toBeGreaterThan(23 * 3_600_000)
})

test('as text', async () => {
  const { out } = await serving(mounted({ credentials: { ...credential, apiKey: 'another' } }), (url) =>
    run(`doctor --url ${url}/smile-id`),
  )
  expect(out.replace(/127\.0\.0\.1:\d+/, 'host')).toMatchSnapshot()
  expect(out).not.toContain(credential.apiKey)
})

describe('what stands in the way is named', () => {
  test.each<[string, () => Express | RequestListener, string, string, string]>([
    [
      '404',
      () => express().use('/other', receiver().callbacks.router),
      '/nowhere',
      'not_found',
      '404: no router is mounted here.',
    ],
    [
      'a prefix',
      () => express().use('/api/smile-id', receiver().callbacks.router),
      '/smile-id',
      'not_found',
      '/api/smile-id.',
    ],
    ['a sub-path too many', () => mounted(), '/app/smile-id', 'not_found', 'It answers at '],
    [
      'a redirect',
      () => (_req: IncomingMessage, res: ServerResponse) => res.writeHead(308, { Location: '/smile-id/' }).end(),
      '/smile-id',
      'redirected',
      '/smile-id/. Smile ID does not follow.',
    ],
    [
      'a parser with a small limit',
      () =>
        express()
          .use(express.json({ limit: '100kb' }))
          .use('/smile-id', receiver().callbacks.router),
      '/smile-id',
      'body_limit',
      '120 kB do not arrive (413)',
    ],
    [
      'a limit of 1 MB',
      () =>
        express()
          .use(express.json({ limit: '1mb' }))
          .use('/smile-id', receiver().callbacks.router),
      '/smile-id',
      'body_limit',
      '1100 kB do not arrive (413); 120 kB do',
    ],
    [
      'a rate limit that is reached in the middle',
      () => {
        let requests = 0
        return express()
          .use((_req, res, next) => {
            requests += 1
            if (requests > 4) res.status(429).set('Retry-After', '60').send('Too many requests')
            else next()
          })
          .use('/smile-id', receiver().callbacks.router)
      },
      '/smile-id',
      'rate_limit',
      '429: a rate limit before the router.',
    ],
    [
      'basic auth',
      () => (_req: IncomingMessage, res: ServerResponse) =>
        res.writeHead(401, { 'WWW-Authenticate': 'Basic realm="staging"' }).end(),
      '/smile-id',
      'basic_auth',
      '401: a password is asked for before the router.',
    ],
    [
      'a firewall',
      () => (_req: IncomingMessage, res: ServerResponse) =>
        res.writeHead(403, { Server: 'awselb/2.0' }).end('<html>403 Forbidden</html>'),
      '/smile-id',
      'firewall',
      '403 (Server: awselb/2.0): a firewall before the router refuses.',
    ],
    [
      'a captcha',
      () => (_req: IncomingMessage, res: ServerResponse) =>
        res.writeHead(403, { Server: 'cloudflare' }).end('<title>Just a moment...</title>'),
      '/smile-id',
      'captcha',
      'a page that only a browser passes',
    ],
    [
      'a redirect to https',
      () => (req: IncomingMessage, res: ServerResponse) =>
        res.writeHead(301, { Location: `https://${req.headers.host ?? ''}${req.url ?? ''}` }).end(),
      '/smile-id',
      'redirected',
      'the same over https: give Smile ID that URL',
    ],
    [
      'the address check',
      () => mounted({ allowedIps: undefined }),
      '/smile-id',
      'ip_not_allowed',
      'refuses the address that it sees',
    ],
    [
      'another key',
      () => mounted({ credentials: { ...credential, apiKey: 'another' } }),
      '/smile-id',
      'wrong_key',
      'has another key or partner id than 085',
    ],
    [
      'a proxy that drops the headers',
      () =>
        express()
          .use((req, _res, next) => {
            delete req.headers['response-signature']
            delete req.headers['response-timestamp']
            next()
          })
          .use('/smile-id', receiver().callbacks.router),
      '/smile-id',
      'headers_lost',
      'do not arrive',
    ],
    [
      'a clock that is behind',
      () => mounted({ now: () => Date.now() - 20 * 60_000 }),
      '/smile-id',
      'timestamp_in_future',
      '401 timestamp_in_future',
    ],
    [
      'a receiver that checks nothing',
      () =>
        express().post('/smile-id', (_req, res) => {
          res.json({ ok: true })
        }),
      '/smile-id',
      'forgery_accepted',
      'checks nothing',
    ],
    [
      'another app',
      () =>
        express().post('/smile-id', (_req, res) => {
          res.status(400).send('no')
        }),
      '/smile-id',
      'other_answer',
      'not an answer of this router',
    ],
    [
      'a proxy without an app',
      () => (_req: IncomingMessage, res: ServerResponse) => res.writeHead(502, { Server: 'nginx' }).end('Bad Gateway'),
      '/smile-id',
      'gateway_error',
      '502 (Server: nginx)',
    ],
    [
      'shutting down',
      () => {
        const { callbacks } = receiver()
        void callbacks.close()
        return express().use('/smile-id', callbacks.router)
      },
      '/smile-id',
      'shutting_down',
      '503 shutting_down',
    ],
  ])('%s', async (_name, app, path, cause, says) => {
    const { causes, findings } = await examined(app(), path)
    expect(causes).toContain(cause)
    expect(findings.map((one) => one.says).join('\n')).toContain(says)
  })

  test('nobody there', async () => {
    const { out } = await run('doctor --url http://127.0.0.1:9/smile-id --json')
    expect((JSON.parse(out) as Said).findings).toMatchObject([
      { cause: 'unreachable', says: 'there is no answer (ECONNREFUSED).' },
    ])
  })

  test('a receiver whose Date is hours off', async () => {
    const { callbacks } = receiver()
    const app = express()
      .use((_req, res, next) => {
        res.setHeader('Date', new Date(Date.now() - 7_200_000).toUTCString())
        next()
      })
      .use('/smile-id', callbacks.router)
    expect((await examined(app)).causes).toEqual(['time_zone'])
  })
})

test('another machine needs --allow-remote', async () => {
  expect(await run('doctor --url https://example.com/smile-id')).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --allow-remote') as string,
  })
  expect(await run('doctor')).toMatchObject({ code: 2, err: expect.stringContaining('--url is missing') as string })
})

test('no answer can play tricks on the terminal', async () => {
  const server = createServer((_req, res) => res.writeHead(302, { Location: `/${encodeURI('\u001B[2J')}` }).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { out } = await run(`doctor --url http://127.0.0.1:${port}/`)
  server.close()
  expect(out).not.toContain('\u001B')
})
