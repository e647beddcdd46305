import { createNodeMiddleware, Webhooks } from '@octokit/webhooks'
import { sign } from '@octokit/webhooks-methods'
import express from 'express'
import { equalWork } from './checks.mjs'
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
