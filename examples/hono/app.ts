// A receiver in a Hono app on Node. On Deno, Bun and Workers it is the same route with another clientIp: see src/doors/README.md.
import { getConnInfo } from '@hono/node-server/conninfo'
import { smileIdCallbacks } from 'express-smile-id'
import { Hono } from 'hono'

export const credential = { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' }

// The loopback address, so that the demo can post to it. In production leave allowedIps out.
const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: ['127.0.0.1'], logger: false })
callbacks.on('approved', ({ partnerParams }) => console.log(`  approved: account ${partnerParams.account_id}`))

export const app = new Hono()
app.all('/smile-id', (c) => callbacks.fetch(c.req.raw, { clientIp: getConnInfo(c).remote.address }))
