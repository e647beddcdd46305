import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express'
import { describe, expect, test, vi } from 'vitest'
import { serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

// What a host puts before the router may throw when the answer is sent. vitest fails on every uncaught error and
// rejection.

const hook = () => {
  throw new Error('a hook of the host')
}

type Damage = (res: Response) => void
const throwingOnce: Damage = (res) => {
  const writeHead = res.writeHead.bind(res)
  let calls = 0
  res.writeHead = ((...args: Parameters<Response['writeHead']>) =>
    (calls += 1) === 1 ? hook() : writeHead(...args)) as Response['writeHead']
}
const damages: [string, Damage][] = [
  ['a writeHead that throws once', throwingOnce],
  [
    'a writeHead that throws each time',
    (res) => {
      res.writeHead = hook
    },
  ],
  [
    'an end that throws',
    (res) => {
      res.end = hook
    },
  ],
  [
    'an end that is async and fails',
    (res) => {
      res.end = (() => Promise.reject(new Error('a store of sessions'))) as unknown as Response['end']
    },
  ],
  [
    'a write and an end that throw',
    (res) => {
      res.write = hook
      res.end = hook
    },
  ],
  [
    'a destroy that throws as well',
    (res) => {
      res.end = hook
      res.destroy = hook
    },
  ],
]

const bodies: [string, string][] = [
  ['a short body', '{}'],
  ['a long body', JSON.stringify({ photo: 'x'.repeat(300_000) })],
]

function logged(allowedIps = ['127.0.0.1']) {
  const logger = { warn: vi.fn(), error: vi.fn() }
  return { ...receiver({ allowedIps, logger }), logger }
}

/** What came back: a status, or a connection that was closed. */
const post = (url: string, body: string) =>
  fetch(`${url}/smile-id`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).then(
    ({ status }) => status,
    () => 'closed',
  )

const settled = () => new Promise((resolve) => setTimeout(resolve, 50))

describe.each([
  ['an address that is not allowed', ['192.0.2.1']],
  ['no signature', ['127.0.0.1']],
])('an unsigned request, refused for %s', (_, allowedIps) => {
  describe.each(bodies)('with %s', (__, body) => {
    test.each(damages)(
      'and %s: an error of the host or a closed connection, and one line in the log',
      async (name, damage) => {
        const { callbacks, reports, logger } = logged(allowedIps)
        const app = express()
        app.use((req, res, next) => {
          if (req.method === 'POST') damage(res)
          next()
        })
        app.use('/smile-id', callbacks.router)
        const seen: unknown[] = []
        const onError: ErrorRequestHandler = (error, _req, _res, next) => {
          seen.push(error)
          next(error)
        }
        app.use(onError)
        await serving(app, async (url) => {
          const came = await post(url, body)
          // An end that was replaced may have been called by nobody: then the answer went out as it was.
          expect([403, 401, 500, 'closed']).toContain(came)
          await settled()
          // The process lives, and the next request is served.
          expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
        })
        expect(reports).toHaveLength(1)
        const lines = logger.error.mock.calls.filter(([, message]) =>
          String(message).includes('an answer could not be sent'),
        )
        expect(lines.length).toBeLessThanOrEqual(1)
        if (name.startsWith('a writeHead') || body.length < 1_000) expect(lines).toHaveLength(1)
        if (name === 'a writeHead that throws once' && body.length < 1_000)
          expect(seen).toEqual([expect.objectContaining({ message: 'a hook of the host' })])
      },
    )
  })
})

test.each(bodies)('a writeHead that returns nothing changes nothing: %s', async (_, body) => {
  const { callbacks, logger } = logged(['192.0.2.1'])
  const app = express()
  const quiet: RequestHandler = (_req, res, next) => {
    const writeHead = res.writeHead.bind(res)
    res.writeHead = ((...args: Parameters<Response['writeHead']>) =>
      void writeHead(...args)) as unknown as Response['writeHead']
    next()
  }
  app.use(quiet, callbacks.router)
  app.use('/smile-id', callbacks.router)
  await serving(app, async (url) => {
    expect(await post(url, body)).toBe(403)
  })
  expect(logger.error).not.toHaveBeenCalled()
})
