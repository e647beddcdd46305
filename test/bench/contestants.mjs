// One receiver each. `sign(text)` gives what its sender posts for a business text: { headers, body }.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks'
import { sign as octokitSign } from '@octokit/webhooks-methods'
import express from 'express'
import ipaddr from 'ipaddr.js'
import getRawBody from 'raw-body'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import * as z from 'zod'
import { smileIdAddresses, smileIdCallbacks } from '../../dist/index.js'
import { credential } from './bodies.mjs'

const limit = 1_572_864
const json = { 'Content-Type': 'application/json' }
const secret = 'whsec_' + Buffer.from('bench-key-not-a-secret-0123456789').toString('base64')
const work = async () => {}

const plain = (text) => ({ headers: json, body: text })

/** What Smile ID would send: the signature stands first, the business text follows. */
export function smileId(text, generation = 'v1') {
  const timestamp = new Date().toISOString()
  const signature = smileIdHmac(timestamp)
  if (generation === 'v3') return { headers: { ...json, 'Response-Signature': signature, 'Response-Timestamp': timestamp }, body: text }
  return { headers: json, body: `{"signature":"${signature}","timestamp":"${timestamp}",${text.slice(1)}` }
}

const smileIdHmac = (timestamp) =>
  createHmac('sha256', credential.apiKey).update(timestamp + credential.partnerId + 'sid_request').digest('base64')

const stripe = new Stripe('sk_test_bench')
const standard = new Webhook(secret)

/** The schema and the checks that "equal work" adds to a peer. */
const envelope = z.looseObject({
  ResultCode: z.string(),
  ResultText: z.string(),
  SmileJobID: z.string(),
  ConfidenceValue: z.string().optional(),
  PartnerParams: z.looseObject({ job_id: z.string(), job_type: z.union([z.string(), z.number()]) }),
  Actions: z.record(z.string(), z.string()).optional(),
})
const rules = ['127.0.0.1', ...smileIdAddresses.published].map((rule) => ipaddr.parse(rule).toString())
const allowed = (req) => rules.includes(ipaddr.process(req.socket.remoteAddress).toString())

function equalWork() {
  const seen = new Set()
  return (req, text) => {
    if (!allowed(req)) return 403
    const parsed = envelope.safeParse(typeof text === 'object' ? text : JSON.parse(text))
    if (!parsed.success) return 422
    const id = `${parsed.data.PartnerParams.job_id}:${parsed.data.ResultCode}`
    if (!seen.has(id)) seen.add(id)
    return 200
  }
}

function raw(check) {
  const app = express()
  app.post('/hook', express.raw({ type: '*/*', limit }), async (req, res) => {
    const status = await check(req)
    res.status(status).json({ received: status === 200 })
  })
  return app
}

export const contestants = {
  'express-smile-id': {
    sign: smileId,
    app() {
      const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: ['127.0.0.1', ...smileIdAddresses.published], logger: false })
      callbacks.onAny(work)
      return express().use('/hook', callbacks.router)
    },
  },
  'express.raw only': { sign: plain, app: () => raw(async () => { await work(); return 200 }) },
  'express.json only': {
    sign: plain,
    app() {
      const app = express()
      app.post('/hook', express.json({ limit }), async (_req, res) => {
        await work()
        res.json({ received: true })
      })
      return app
    },
  },
  'lean by hand': {
    sign: smileId,
    app() {
      const fixed = Buffer.from('{"received":true}')
      const headers = { 'Content-Type': 'application/json', 'Content-Length': fixed.length }
      const app = express()
      app.post('/hook', (req, res) => {
        if (!allowed(req)) return res.writeHead(403).end()
        getRawBody(req, { limit, length: req.headers['content-length'] })
          .then(async (bytes) => {
            const body = JSON.parse(bytes.toString('utf8'))
            const expected = Buffer.from(smileIdHmac(body.timestamp))
            const given = Buffer.from(String(body.signature))
            if (given.length !== expected.length || !timingSafeEqual(given, expected)) return res.writeHead(401).end()
            if (!envelope.safeParse(body).success) return res.writeHead(422).end()
            await work()
            res.writeHead(200, headers).end(fixed)
          })
          .catch(() => res.writeHead(400).end())
      })
      return app
    },
  },
  stripe: {
    sign: (text) => ({ headers: { ...json, 'Stripe-Signature': stripe.webhooks.generateTestHeaderString({ payload: text, secret }) }, body: text }),
    app: () => raw(async (req) => { stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret); await work(); return 200 }),
    equal() {
      const more = equalWork()
      return raw(async (req) => { const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret); await work(); return more(req, event) })
    },
  },
  'standardwebhooks (svix)': {
    sign(text) {
      const now = new Date()
      return { headers: { ...json, 'webhook-id': 'msg_bench', 'webhook-timestamp': String(Math.floor(now / 1000)), 'webhook-signature': standard.sign('msg_bench', now, text) }, body: text }
    },
    app: () => raw(async (req) => { standard.verify(req.body, req.headers); await work(); return 200 }),
    equal() {
      const more = equalWork()
      return raw(async (req) => { const event = standard.verify(req.body, req.headers); await work(); return more(req, event) })
    },
  },
  octokit: {
    sign: async (text) => ({ headers: { ...json, 'x-github-event': 'push', 'x-github-delivery': 'bench', 'x-hub-signature-256': await octokitSign(secret, text) }, body: text }),
    app() {
      const webhooks = new Webhooks({ secret })
      webhooks.onAny(work)
      return express().use(createNodeMiddleware(webhooks, { path: '/hook' }))
    },
  },
}
