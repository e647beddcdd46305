import { createNodeMiddleware, Webhooks } from '@octokit/webhooks'
import { sign } from '@octokit/webhooks-methods'
import express from 'express'
import { envelope, equalWork, isAllowed } from './checks.mjs'
import { idsOf, memory } from './promises.mjs'
import { json, secret, work } from './shared.mjs'

const headersOf = async (text) => ({ ...json, 'x-github-event': 'push', 'x-github-delivery': 'bench', 'x-hub-signature-256': await sign(secret, text) })

function app(onAny, ...before) {
  const webhooks = new Webhooks({ secret })
  webhooks.onAny(onAny)
  return express().use(...before, createNodeMiddleware(webhooks, { path: '/hook' }))
}

export const octokit = {
  name: 'octokit',
  sign: async (text) => ({ headers: await headersOf(text), body: text }),
  forms: {
    app: () => app(work),
    /** Once it really keeps this library's promises: address list, claim and completion, memory of signatures, time-outs. */
    promises() {
      const seen = memory()
      let count = 0
      const before = (req, res, next) => {
        if (!isAllowed(req)) return res.writeHead(403).end()
        const timer = setTimeout(() => res.writeHead(408).end(), 15_000)
        req.on('end', () => clearTimeout(timer))
        next()
      }
      return app(async ({ id: signature, payload }) => {
        if (!envelope.safeParse(payload).success) throw new Error('not what was sent')
        seen.note(payload)
        const ids = idsOf(payload, undefined, {})
        // One signed text serves the whole run; the count makes each delivery a new fact, as ours are.
        const id = `${ids.id}${(count += 1)}`
        seen.isReused(`${signature}${count}`, id)
        const status = await seen.once({ id, verdictId: `${ids.verdictId}${count}` }, work, () => undefined)
        if (status !== 200) throw new Error('not handled')
      }, before)
    },
    equal() {
      const more = equalWork()
      const local = { socket: { remoteAddress: '127.0.0.1' } }
      // Its handlers see the event alone, so the request's part of the work is done on a request that is always the same.
      return app(async ({ payload }) => {
        await work()
        if (more(local, payload) !== 200) throw new Error('not what was sent')
      })
    },
  },
}
